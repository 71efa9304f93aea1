/** A flusher in a process of its own, as production runs it, that tells how late it is. */
import { type BatchFigures, connect, startFlusher } from '../../persistence/index.ts';
import { CHAIN_KEY, openEngine } from './stage.ts';

export interface FlusherReport {
  readonly rows: number;
  readonly entries: number;
  /** Age of the oldest entry of each batch when it was committed, in ms. */
  readonly lagsMs: readonly number[];
  /** CPU of this process, in ms. */
  readonly cpuMs: number;
}

export type FlusherOrder = 'start' | 'report' | 'stop';

const CONNECTIONS = 4;
const DRAIN_MS = 60_000;

const { BENCH_REDIS: redisUrl = '', BENCH_DATABASE: databaseUrl = '' } = process.env;
const partitions = Number(process.env.BENCH_PARTITIONS);
const sql = connect(databaseUrl, {
  max: CONNECTIONS,
  applicationName: 'bench-flusher',
  writer: true,
});
const engine = await openEngine({ redisUrl, databaseUrl, partitions }, sql);
let batches: BatchFigures[] = [];
let flusher: ReturnType<typeof startFlusher> | undefined;

function report(): FlusherReport {
  const { user, system } = process.cpuUsage();
  const answer = {
    rows: batches.reduce((sum, { rows }) => sum + rows, 0),
    entries: batches.reduce((sum, { entries }) => sum + entries, 0),
    lagsMs: batches.map(({ lagMs }) => lagMs),
    cpuMs: (user + system) / 1000,
  };
  batches = [];
  return answer;
}

async function obey(order: FlusherOrder): Promise<void> {
  if (order === 'start') {
    flusher = startFlusher({
      sql,
      journal: engine.journal,
      chainKey: CHAIN_KEY,
      owner: `bench:${process.pid}`,
      events: { batch: (figures) => void batches.push(figures) },
    });
  } else if (order === 'stop') {
    await flusher?.stop(DRAIN_MS);
  }
  process.send?.(report());
}

process.on('message', (order: FlusherOrder) => {
  obey(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.once('disconnect', () => process.exit(0));
process.send?.(report());
