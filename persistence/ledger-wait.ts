/**
 * `wait_for: "ledger"`: an answer that is given when its row has committed.
 *
 * The flusher of this process tells at once; wallets whose partition another process flushes are
 * asked for in one query for all waiters, every POLL_MS.
 */
import { OutageError } from '../engine/index.ts';
import type { Sql } from './connect.ts';

export interface CommittedPoint {
  walletId: string;
  sequence: number;
}

export interface LedgerWait {
  /**
   * Resolves when every wallet's ledger has reached its sequence.
   * @param timeoutMs 1 to 60,000
   * @throws OutageError `ledger_wait_timeout`: the effect stands, a repeat waits again
   */
  wait(points: readonly CommittedPoint[], timeoutMs: number): Promise<void>;
  /** Told by the flusher of this process after each commit. */
  committed(sequences: ReadonlyMap<string, number>): void;
  /** Fails what still waits, and stops asking. */
  stop(): void;
}

export const POLL_MS = 25;
const WAITERS_MAX = 10_000;
/** How many wallets' last commits are remembered for a waiter that comes after its commit. */
const RECENT_MAX = 20_000;

interface Waiter {
  /** What is still missing: wallet -> sequence. */
  missing: Map<string, number>;
  resolve: () => void;
  reject: (error: Error) => void;
}

export function createLedgerWait(sql: Sql): LedgerWait {
  const waiters = new Set<Waiter>();
  const recent = new Map<string, number>();
  let poll: NodeJS.Timeout | undefined;
  let stopped = false;

  function committed(sequences: ReadonlyMap<string, number>): void {
    if (recent.size + sequences.size > RECENT_MAX) recent.clear();
    for (const [walletId, sequence] of sequences) recent.set(walletId, sequence);
    for (const waiter of waiters) {
      for (const [walletId, wanted] of waiter.missing) {
        if ((sequences.get(walletId) ?? 0) >= wanted) waiter.missing.delete(walletId);
      }
      if (waiter.missing.size === 0) waiter.resolve();
    }
  }

  async function ask(): Promise<void> {
    const ids = new Set([...waiters].flatMap((waiter) => [...waiter.missing.keys()]));
    try {
      const rows = await sql<CommittedPoint[]>`
        SELECT wallet_id AS "walletId", sequence FROM wallet_snapshots
        WHERE wallet_id = ANY(${[...ids]}::text[])`;
      committed(new Map(rows.map((row) => [row.walletId, row.sequence])));
    } catch {
      // Postgres is away: each waiter has its own timeout, and the next poll asks again.
    }
    poll = undefined;
    schedule();
  }

  function schedule(): void {
    if (waiters.size > 0 && poll === undefined && !stopped) poll = setTimeout(ask, POLL_MS);
  }

  function add(points: readonly CommittedPoint[], timeoutMs: number): Promise<void> {
    if (stopped || waiters.size >= WAITERS_MAX) {
      return Promise.reject(new OutageError('ledger_wait_timeout'));
    }
    const open = points.filter((point) => (recent.get(point.walletId) ?? 0) < point.sequence);
    if (open.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const missing = new Map(open.map((point) => [point.walletId, point.sequence]));
      const end = () => {
        clearTimeout(timer);
        waiters.delete(waiter);
      };
      const waiter: Waiter = {
        missing,
        resolve: () => {
          end();
          resolve();
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      const expire = () => waiter.reject(new OutageError('ledger_wait_timeout'));
      const timer = setTimeout(expire, timeoutMs);
      waiters.add(waiter);
      schedule();
    });
  }

  return {
    committed,
    wait: add,
    stop() {
      stopped = true;
      clearTimeout(poll);
      for (const waiter of waiters) waiter.reject(new OutageError('shutting_down'));
    },
  };
}
