/** A flusher in a process of its own, as production runs it, that tells how late it is. */
import { createLedgerFollower } from '../../notifications/index.ts';
import {
  type BatchFigures,
  connect,
  type FlusherInput,
  startFlusher,
  startRetention,
} from '../../persistence/index.ts';
import { CHAIN_KEY, openEngine } from './stage.ts';

export interface FlusherReport {
  readonly rows: number;
  readonly entries: number;
  /** Age of the oldest entry of each batch when it was committed, in ms. */
  readonly lagsMs: readonly number[];
  /** CPU of this process since its start, in ms. */
  readonly cpuMs: number;
}

/** Held, it takes its leases and finds every journal empty, until it is let go. */
export type FlusherOrder = 'start' | 'start held' | 'let go' | 'report' | 'stop';

const CONNECTIONS = 4;
const DRAIN_MS = 60_000;
const HELD_READ_MS = 20;

const { BENCH_REDIS: redisUrl = '', BENCH_DATABASE: databaseUrl = '' } = process.env;
const partitions = Number(process.env.BENCH_PARTITIONS);
const sql = connect(databaseUrl, {
  max: CONNECTIONS,
  applicationName: 'bench-flusher',
  writer: true,
});
const engine = await openEngine({ redisUrl, databaseUrl, partitions }, sql);
const journal: FlusherInput['journal'] = {
  ...engine.journal,
  async read(positions, count, blockMs) {
    if (!isHeld) return engine.journal.read(positions, count, blockMs);
    await new Promise((resolve) => setTimeout(resolve, HELD_READ_MS));
    return [];
  },
};
let isHeld = false;
let batches: BatchFigures[] = [];
let stop: () => Promise<void> = async () => undefined;

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

function start(): void {
  const flusher = startFlusher({
    sql,
    journal,
    chainKey: CHAIN_KEY,
    owner: `bench:${process.pid}`,
    followers: {
      each: [createLedgerFollower()],
      failed: (follower, error) => console.error(`${follower} failed`, error),
    },
    events: { batch: (figures) => void batches.push(figures) },
  });
  const stopRetention = startRetention({ journal: engine.journal, held: flusher.held });
  stop = async () => {
    await stopRetention();
    await flusher.stop(DRAIN_MS);
  };
}

async function obey(order: FlusherOrder): Promise<void> {
  if (order === 'start held') isHeld = true;
  if (order === 'let go') isHeld = false;
  if (order === 'start' || order === 'start held') start();
  if (order === 'stop') await stop();
  process.send?.(report());
}

process.on('message', (order: FlusherOrder) => {
  obey(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
// An exit of our own accord, so that a profile (--cpu-prof) is written.
for (const ending of ['disconnect', 'SIGTERM']) process.once(ending, () => process.exit(0));
process.send?.(report());
