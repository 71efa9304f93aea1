/**
 * `wait_for: "ledger"`: an answer that is given when its mutation has committed.
 *
 * A mutation is recognized by its id, never by its wallets' sequences: when Redis lost it before it
 * was flushed, its sequence goes to another mutation, whose commit proves nothing about this one.
 *
 * The flusher of this process tells at once; what another process flushes is asked for in one query
 * for all waiters, every POLL_MS.
 */
import { entryId, type JournalEntry, OutageError } from '../engine/index.ts';
import type { Sql } from './connect.ts';

/** What a wait needs to know of a journal entry. */
export type AwaitedMutation = Pick<JournalEntry, 'mutationId' | 'atMs' | 'rows'>;

export interface LedgerWait {
  /**
   * Resolves when the mutation is in the ledger, with all its rows: they commit together.
   * @param timeoutMs 1 to 60,000
   * @throws OutageError `ledger_wait_timeout`: a repeat waits again, or acts if nothing came of it
   */
  wait(mutation: AwaitedMutation, timeoutMs: number): Promise<void>;
  /** Told by the flusher of this process after each commit. */
  committed(mutationIds: Iterable<string>): void;
  /** Fails what still waits, and stops asking. */
  stop(): void;
}

export const POLL_MS = 25;
const WAITERS_MAX = 10_000;
/** How many committed mutations are remembered for a waiter that comes after its commit. */
const RECENT_MAX = 20_000;
/** Rows carry the mutation's own time, which bounds the months to look in. */
const MARGIN_MS = 1_000;

interface Waiter {
  readonly mutation: AwaitedMutation;
  resolve(): void;
  reject(error: Error): void;
}

export function createLedgerWait(sql: Sql): LedgerWait {
  const waiters = new Map<string, Set<Waiter>>();
  const recent = new Set<string>();
  let waiting = 0;
  let poll: NodeJS.Timeout | undefined;
  let stopped = false;

  function committed(mutationIds: Iterable<string>): void {
    for (const id of mutationIds) {
      if (recent.size >= RECENT_MAX) recent.clear();
      recent.add(id);
      for (const waiter of waiters.get(id) ?? []) waiter.resolve();
    }
  }

  async function ask(): Promise<void> {
    const asked = [...waiters.values()].flatMap(([first]) => (first ? [first.mutation] : []));
    // Postgres may be away: each waiter has its own timeout, and the next poll asks again.
    await committedOf(sql, asked).then(committed, () => undefined);
    poll = undefined;
    schedule();
  }

  function schedule(): void {
    if (waiters.size > 0 && poll === undefined && !stopped) poll = setTimeout(ask, POLL_MS);
  }

  function add(mutation: AwaitedMutation, timeoutMs: number): Promise<void> {
    const { mutationId: id, rows } = mutation;
    if (rows.length === 0 || recent.has(id)) return Promise.resolve();
    if (stopped || waiting >= WAITERS_MAX) {
      return Promise.reject(new OutageError('ledger_wait_timeout'));
    }
    return new Promise((resolve, reject) => {
      const others = waiters.get(id) ?? new Set<Waiter>();
      const end = () => {
        clearTimeout(timer);
        if (others.delete(waiter)) waiting -= 1;
        if (others.size === 0) waiters.delete(id);
      };
      const waiter: Waiter = {
        mutation,
        resolve() {
          end();
          resolve();
        },
        reject(error) {
          end();
          reject(error);
        },
      };
      const expire = () => waiter.reject(new OutageError('ledger_wait_timeout'));
      const timer = setTimeout(expire, timeoutMs);
      waiters.set(id, others.add(waiter));
      waiting += 1;
      schedule();
    });
  }

  return {
    committed,
    wait: add,
    stop() {
      stopped = true;
      clearTimeout(poll);
      const left = [...waiters.values()].flatMap((group) => [...group]);
      for (const waiter of left) waiter.reject(new OutageError('shutting_down'));
    },
  };
}

/** Which of the mutations are in the ledger. A mutation commits whole, so its first row will do. */
async function committedOf(sql: Sql, mutations: readonly AwaitedMutation[]): Promise<string[]> {
  if (mutations.length === 0) return [];
  const times = mutations.map((mutation) => mutation.atMs);
  const from = new Date(Math.min(...times) - MARGIN_MS).toISOString();
  const to = new Date(Math.max(...times) + MARGIN_MS).toISOString();
  const ids = mutations.map((mutation) => entryId(mutation.mutationId, 0));
  const rows = await sql<{ mutationId: string }[]>`
    SELECT mutation_id AS "mutationId" FROM ledger_entries
    WHERE id = ANY(${ids}::text[])
      AND created_at BETWEEN ${from}::timestamptz AND ${to}::timestamptz`;
  return rows.map((row) => row.mutationId);
}
