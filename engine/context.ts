// What every operation shares: the runner, loading on demand, and the question to the ledger.

import { OutageError, RequestError } from './errors.ts';
import { type JournalEntry, unpackJournalEntry } from './generated/layouts.ts';
import type { HoldLegs } from './hold-legs.ts';
import { keys } from './keys.ts';
import type { LedgerSource } from './ledger-source.ts';
import type { Loader } from './loader.ts';
import type { RequestKey } from './request-key.ts';
import type { Runner } from './runner.ts';

/** What a mutation did: the journal entry it wrote, now or when the key was first used. */
export interface Done {
  readonly status: 'done';
  readonly replayed: boolean;
  readonly entry: JournalEntry;
}

export interface EngineContext {
  readonly runner: Runner;
  readonly loader: Loader;
  readonly ledger: LedgerSource;
  readonly legs: HoldLegs;
  /**
   * Opens a call's hold again that this process authorized lately and that Redis and the ledger do
   * not know: true when it is there now.
   */
  recall(holdId: string): Promise<boolean>;
  /** Throws OutageError while new holds and charges are refused (backlog, memory). */
  admit(partition: number): void;
}

const ATTEMPTS = 12; // 4 wallets, a hold, a key, and as many again after a concurrent unload

type Engineish =
  | { readonly status: 'wallet_not_loaded'; readonly walletId: string }
  | { readonly status: 'ask_ledger'; readonly must: boolean };
/** A reply without the steps that `attempt` takes care of. */
export type Settled<R extends { readonly status: string }> = Exclude<
  R,
  { status: 'recovering' | 'wallet_not_loaded' | 'ask_ledger' }
>;

/**
 * Runs a script until it has decided: loads what it misses, asks the ledger about unknown keys.
 * Throws OutageError, or RequestError `not_found` for a wallet that does not exist.
 */
export async function attempt<R extends { readonly status: string }>(
  context: EngineContext,
  partition: number,
  request: RequestKey | undefined,
  script: (checked: boolean) => Promise<R>,
): Promise<
  Settled<R> | Done | { readonly status: 'idempotency_conflict'; readonly replayed: false }
> {
  let checked = false;
  for (let i = 0; i < ATTEMPTS; i++) {
    const reply = await script(checked);
    const step = reply as R | Engineish;
    if (step.status === 'wallet_not_loaded' && 'walletId' in step) {
      const missing = await context.loader.loadWallets(partition, [step.walletId]);
      if (missing.length > 0) throw new RequestError('not_found', 'No such wallet.');
    } else if (step.status === 'ask_ledger' && 'must' in step && request) {
      const known = await askLedger(context, request, step.must);
      // Only authorize and record take `call` keys, and both know this answer.
      if (known?.status === 'hold_exists') return known as unknown as Settled<R>;
      if (known) return known;
      checked = true;
    } else {
      return reply as unknown as Settled<R>;
    }
  }
  throw new OutageError('recovering');
}

/** What the ledger knows of a key that Redis does not; undefined when the key is new. */
async function askLedger(context: EngineContext, request: RequestKey, must: boolean) {
  try {
    const known = await context.ledger.request(request.kind, request.scope, request.key);
    if (!known) return undefined;
    const entry = unpackJournalEntry(known.payload);
    // A call that was charged without a hold can be neither authorized nor charged again.
    if (entry.operation === 'record' && entry.hold) {
      return { status: 'hold_exists', replayed: false, hold: entry.hold } as const;
    }
    if (known.fingerprint !== request.fingerprint) {
      return { status: 'idempotency_conflict', replayed: false } as const;
    }
    return { status: 'done', replayed: true, entry } as const;
  } catch (error) {
    // A call may be authorized while the ledger is away, unless Redis itself was rebuilt.
    if (!must && request.kind === 'call' && error instanceof OutageError) return undefined;
    throw error;
  }
}

export function requestKeyOf(partition: number, request: RequestKey | undefined): string {
  if (!request) return keys.noRequest(partition);
  return keys.request(partition, request.scope, request.kind, request.key);
}

export function walletKeys(partition: number, walletIds: readonly string[]): { wallet: string }[] {
  return walletIds.map((id) => ({ wallet: keys.wallet(partition, id) }));
}

export function legKeys(
  partition: number,
  walletIds: readonly string[],
): { wallet: string; final: string }[] {
  return walletIds.map((id) => ({
    wallet: keys.wallet(partition, id),
    final: keys.final(partition, id),
  }));
}
