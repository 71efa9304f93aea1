/**
 * The least that a flusher could do: it reads the same journal entries from Redis and COPYs the same
 * finished rows, in transactions of as many entries, with a cursor; no hashing, no wallets, no holds,
 * no keys. One stream, nothing overlapped.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { keys } from '../../engine/index.ts';
import { connect, type Transaction } from '../../persistence/index.ts';
import type { Stage } from '../stage/stage.ts';

export interface CopyResult {
  readonly perSecond: number;
  readonly copyAlonePerSecond: number;
}

/** As of the flusher's own transactions and reads. */
const BATCH_ROWS = 2_000;
const READ_ENTRIES = 1_000;

/** @param skip rows of the ledger that are not to be copied: the first ones */
export async function copyLedger(stage: Stage, skip: number): Promise<CopyResult> {
  const { sql } = stage;
  const chunks = await ledgerText(stage.databaseUrl, skip);
  const rows = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  await sql.unsafe(`
    CREATE TABLE bare_cursor (id text NOT NULL);
    INSERT INTO bare_cursor VALUES ('0-0')`);
  const timed = async (read: () => Promise<unknown>) => {
    // The same columns, checks and indexes.
    await sql.unsafe(`CREATE TABLE bare_entries (LIKE ledger_entries INCLUDING ALL)`);
    const from = performance.now();
    for (const chunk of chunks) {
      await read();
      await sql.begin((tx) => copyChunk(tx, chunk));
    }
    const seconds = (performance.now() - from) / 1000;
    await sql.unsafe(`DROP TABLE bare_entries`);
    return rows / seconds;
  };
  await timed(async () => undefined); // Warm.
  const copyAlonePerSecond = await timed(async () => undefined);
  const perSecond = await timed(journalReader(stage));
  await sql.unsafe(`DROP TABLE bare_cursor`);
  return { perSecond, copyAlonePerSecond };
}

async function copyChunk(tx: Transaction, lines: readonly string[]): Promise<void> {
  const into = await tx`COPY bare_entries FROM STDIN`.writable();
  await pipeline(Readable.from([lines.join('')]), into);
  await tx`UPDATE bare_cursor SET id = ${lines[0]?.slice(0, 20) ?? ''}`;
}

/**
 * The ledger's rows in the text form of COPY, by transaction. On a connection of its own that is thrown
 * away: the driver leaves it paused when the last piece fills the stream's buffer, and answers nothing on
 * it any more.
 */
async function ledgerText(databaseUrl: string, skip: number): Promise<string[][]> {
  const sql = connect(databaseUrl, { max: 1, applicationName: 'bench-copy' });
  let text = '';
  try {
    const out = await sql`
      COPY (SELECT * FROM ledger_entries ORDER BY created_at OFFSET ${sql.unsafe(String(skip))})
      TO STDOUT`.readable();
    for await (const data of out) text += String(data);
  } finally {
    await sql.end({ timeout: 0 });
  }
  const lines = text.split(/(?<=\n)/);
  const chunks: string[][] = [];
  for (let from = 0; from < lines.length; from += BATCH_ROWS) {
    chunks.push(lines.slice(from, from + BATCH_ROWS));
  }
  return chunks;
}

/** Each call reads what the next transaction would be made of, partition after partition. */
function journalReader({ redis, partitions }: Stage): () => Promise<void> {
  const after = new Map<number, string>();
  let next = 0;
  return async () => {
    for (let read = 0; read < BATCH_ROWS; read += READ_ENTRIES) {
      const p = next++ % partitions;
      const found = (await redis.callBuffer(
        ...(['XRANGE', keys.journal(p), `(${after.get(p) ?? '0-0'}`, '+'] as const),
        ...(['COUNT', READ_ENTRIES] as const),
      )) as [Buffer, Buffer[]][];
      const last = found.at(-1);
      if (last !== undefined) after.set(p, last[0].toString());
    }
  };
}
