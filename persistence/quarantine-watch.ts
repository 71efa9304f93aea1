/**
 * Makes Redis follow what the ledger has in quarantine: such a wallet takes no new holds and charges,
 * and a fork closes the gate, whose recovery puts the ledger's state over it.
 *
 * The flusher tells of each entry it sets aside, but it tells after the commit, and once: a process
 * that dies there, a Redis or Postgres that is away then, and nobody would hear of it again, while the
 * wallet went on and nothing of it were booked. So what has to be done is read from the ledger, again and again,
 * by whoever flushes the partition; being told only makes it sooner.
 */
import { BugError, type Engine } from '../engine/index.ts';
import type { Sql } from './connect.ts';
import { wakeableSleep } from './flusher/sleep.ts';
import { forkedPartitions } from './overruled.ts';

export interface QuarantineWatchInput {
  sql: Sql;
  engine: Pick<Engine, 'peekWallets' | 'configure' | 'closeGate'>;
  /** The partitions to look after: those this process flushes. */
  held: () => ReadonlySet<number>;
  /** Pause between rounds, in ms. */
  everyMs?: number;
  /** Told of each wallet that was frozen, because the ledger has it in quarantine and Redis had not. */
  onFrozen?: (walletId: string) => void;
  /** What could not be done this time; the next round tries again. */
  onError?: (error: unknown) => void;
}

export interface QuarantineWatch {
  /** Begins the next round now. */
  look(): void;
  /** Resolves when the round under way has ended. */
  stop(): Promise<void>;
}

const EVERY_MS = 2_000;
const PAGE = 500;
const FORK = 'a fork of the ledger';

interface QuarantinedWallet {
  walletId: string;
  organizationId: string;
}

export function startQuarantineWatch(input: QuarantineWatchInput): QuarantineWatch {
  const sleep = wakeableSleep();
  let stopped = false;
  /** Told during a round: it may have looked there already. */
  let again = false;
  async function run(): Promise<void> {
    while (!stopped) {
      again = false;
      await round(input).catch((error: unknown) => input.onError?.(error));
      if (!stopped && !again) await sleep.sleep(input.everyMs ?? EVERY_MS);
    }
  }
  const ended = run();
  return {
    look() {
      again = true;
      sleep.wake();
    },
    stop() {
      stopped = true;
      sleep.wake();
      return ended;
    },
  };
}

/** One look at every partition held; trouble with one does not keep the others waiting. */
async function round(input: QuarantineWatchInput): Promise<void> {
  const held = [...input.held()];
  if (held.length === 0) return;
  const partitions = await input.sql<{ partition: number }[]>`
    SELECT DISTINCT partition FROM wallet_snapshots
    WHERE quarantined AND partition = ANY(${held}::int[]) ORDER BY partition`;
  for (const { partition } of partitions) {
    await freezeAll(input, partition).catch((error: unknown) => input.onError?.(error));
  }
  for (const partition of await forkedPartitions(input.sql, held)) {
    await closeGate(input, partition).catch((error: unknown) => input.onError?.(error));
  }
}

async function freezeAll(input: QuarantineWatchInput, partition: number): Promise<void> {
  let after = '';
  for (;;) {
    const page = await input.sql<QuarantinedWallet[]>`
      SELECT wallet_id AS "walletId", organization_id AS "organizationId"
      FROM wallet_snapshots JOIN wallets ON wallets.id = wallet_id
      WHERE quarantined AND wallet_snapshots.partition = ${partition} AND wallet_id > ${after}
      ORDER BY wallet_id LIMIT ${PAGE}`;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.walletId;
    const ids = page.map(({ walletId }) => walletId);
    // One that Redis does not hold is in quarantine when it loads.
    const inRedis = await input.engine.peekWallets(partition, ids);
    for (const wallet of page) {
      if (inRedis.get(wallet.walletId)?.quarantined === false) {
        await freeze(input, partition, wallet);
      }
    }
  }
}

async function freeze(
  { sql, engine, onFrozen }: QuarantineWatchInput,
  partition: number,
  { walletId, organizationId }: QuarantinedWallet,
): Promise<void> {
  const place = { partition, organizationId, walletId };
  const { status } = await engine.configure({ ...place, changes: { quarantined: true } });
  if (status !== 'done') throw new BugError(`${walletId} could not be frozen: ${status}`);
  onFrozen?.(walletId);
  const [row] = await sql<{ quarantined: boolean }[]>`
    SELECT quarantined FROM wallet_snapshots WHERE wallet_id = ${walletId}`;
  // Released while it was being frozen.
  if (row?.quarantined === false) {
    await engine.configure({ ...place, changes: { quarantined: false } });
  }
}

/** Not while a recovery is under way: it restores what is forked before it opens the partition. */
async function closeGate({ engine }: QuarantineWatchInput, partition: number): Promise<void> {
  await engine.peekWallets(partition, []);
  await engine.closeGate(FORK, partition);
}
