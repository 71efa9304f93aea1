/** A flusher in a process of its own, as production runs it, that tells how late it is. */
import type { Engine } from '../../engine/index.ts';
import { createLedgerFollower } from '../../notifications/index.ts';
import {
  type BatchFigures,
  connect,
  type FlusherInput,
  type Sql,
  startFlusher,
  startRetention,
} from '../../persistence/index.ts';
import { CHAIN_KEY, openEngine, type Stores } from './stage.ts';

export interface FlusherReport {
  readonly rows: number;
  readonly entries: number;
  /** Age of the oldest entry of each batch when it was committed, in ms. */
  readonly lagsMs: readonly number[];
  /** CPU of this process since its start, in ms. */
  readonly cpuMs: number;
}

/**
 * Opens on stores first, and closes at the end, when other stores may follow. Held, it takes its leases
 * and finds every journal empty, until it is let go.
 */
export type FlusherOrder =
  | { readonly open: Stores }
  | 'start'
  | 'start held'
  | 'let go'
  | 'report'
  | 'stop'
  | 'close';

const CONNECTIONS = 4;
const DRAIN_MS = 60_000;
const HELD_READ_MS = 20;

let work: Awaited<ReturnType<typeof open>> | undefined;
let isHeld = false;
let batches: BatchFigures[] = [];
const AT_REST = async () => undefined;
let stop: () => Promise<void> = AT_REST;

async function open(stores: Stores) {
  const sql = connect(stores.databaseUrl, {
    max: CONNECTIONS,
    applicationName: 'bench-flusher',
    writer: true,
  });
  const engine = await openEngine(stores, sql);
  const journal: FlusherInput['journal'] = {
    ...engine.journal,
    async read(positions, count, blockMs) {
      if (!isHeld) return engine.journal.read(positions, count, blockMs);
      await new Promise((resolve) => setTimeout(resolve, HELD_READ_MS));
      return [];
    },
  };
  return { sql, journal, retained: engine.journal, close: () => closed(sql, engine) };
}

async function closed(sql: Sql, engine: Engine): Promise<void> {
  await rest();
  await engine.stop();
  await sql.end({ timeout: 1 });
}

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
  if (work === undefined) throw new Error('the flusher is not open');
  const { sql, journal, retained } = work;
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
  const stopRetention = startRetention({ journal: retained, held: flusher.held });
  stop = async () => {
    await stopRetention();
    await flusher.stop(DRAIN_MS);
  };
}

async function rest(): Promise<void> {
  const stopping = stop;
  stop = AT_REST;
  await stopping();
}

async function obey(order: FlusherOrder): Promise<void> {
  if (typeof order === 'object') work = await open(order.open);
  if (order === 'start held') isHeld = true;
  if (order === 'start' || order === 'let go') isHeld = false;
  if (order === 'start' || order === 'start held') start();
  if (order === 'stop') await rest();
  if (order === 'close') await work?.close();
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
