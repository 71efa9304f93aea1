/** Flushers behind doors: one pass at a time, by a flusher of its own with connections of its own. */
import { createConnection } from '../../../engine/index.ts';
import { createJournal, createRunner, oneNode } from '../../../engine/parts.ts';
import { connect, type Sql, startFlusher } from '../../../persistence/index.ts';
import type { Stores } from '../stores.ts';
import { type Blow, type WireDoors, wireDoors } from './wire-doors.ts';

export interface WireFlushers {
  /**
   * @returns whether the pass came as far as the blow. A flusher that survives it goes on until the
   *   journal is in the ledger; one that dies leaves what it left.
   */
  pass(blow?: Blow, batchEntries?: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** What a connection says of itself before anything is asked of Redis. */
const GREETINGS = new Set(['HELLO', 'AUTH', 'SELECT', 'CLIENT', 'INFO']);
const NAME = 'struck flusher';
/** Limits say that something is stuck: a busy machine takes its time. */
const DRAIN_MS = 120_000;
/** Nobody's lease runs out by the wall clock. */
const LEASE_MS = 600_000;
const SOON_MS = 1;
const CLOSE_SECONDS = 1;
const RETRY_MS_MAX = 20;
const GONE_MS_MAX = 120_000;

export async function wireFlushers(stores: Stores): Promise<WireFlushers> {
  const doors = await wireDoors(stores, (command) => !GREETINGS.has(command));
  let passes = 0;
  return {
    stop: doors.stop,
    async pass(blow, batchEntries = 2_000) {
      doors.open();
      const { journal, sql, close } = await openConnections(doors);
      doors.open(blow);
      const flusher = startFlusher({
        sql,
        journal,
        chainKey: stores.chainKey,
        owner: `${NAME} ${passes++}`,
        settings: {
          batchEntries,
          blockMs: SOON_MS,
          leaseTtlMs: LEASE_MS,
          retryMinMs: SOON_MS,
          retryMaxMs: RETRY_MS_MAX,
        },
      });
      await flusher.stop(blow?.dies ? 0 : DRAIN_MS);
      await close(blow?.dies ? 0 : CLOSE_SECONDS);
      await gone(stores.sql);
      return doors.struck();
    },
  };
}

/** Open before the pass begins, so that its first request is the flusher's own. */
async function openConnections({ redisUrl, databaseUrl }: WireDoors) {
  const redis = createConnection(redisUrl);
  const reading = createConnection(redisUrl, 'blocking');
  await Promise.all([redis.connect(), reading.connect()]);
  const sql = connect(databaseUrl, { max: 2, applicationName: NAME, writer: true });
  await sql`SELECT 1`;
  const gate = { shielded: () => true, lost: () => undefined };
  const master = { url: redisUrl, redis, reading, answering: true, gate };
  const node = oneNode(master, () => undefined);
  return {
    sql,
    journal: createJournal(node, createRunner(node)),
    async close(seconds: number) {
      redis.disconnect();
      reading.disconnect();
      await sql.end({ timeout: seconds });
    },
  };
}

/** Postgres works off what it was sent before a connection was cut: only then the ledger stands still. */
async function gone(sql: Sql): Promise<void> {
  const until = performance.now() + GONE_MS_MAX;
  for (;;) {
    const rows = await sql`SELECT 1 FROM pg_stat_activity WHERE application_name = ${NAME} LIMIT 1`;
    if (rows.length === 0) return;
    if (performance.now() > until) throw new Error('a struck flusher is still at Postgres');
  }
}
