// What every operation shares: the runner, loading on demand, and the question to the ledger.

import { OutageError, RequestError } from './errors.ts';
import { type JournalEntry, unpackJournalEntry } from './generated/layouts.ts';
import type { HoldLegs } from './hold-legs.ts';
import { keys } from './keys.ts';
import type { LedgerSource } from './ledger-source.ts';
import type { AbsentWallets } from './load-scripts.ts';
import { type Loaded, type Loader, NOTHING_LOADED } from './loader.ts';
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

/** A load epoch that no partition has. */
const NOT_CHECKED = -1;

type Engineish =
  | ({ readonly status: 'wallet_not_loaded' } & AbsentWallets)
  | { readonly status: 'ask_ledger'; readonly must: boolean; readonly loadEpoch: number };
/** A reply without the steps that `attempt` takes care of. */
export type Settled<R extends { readonly status: string }> = Exclude<
  R,
  { status: 'recovering' | 'wallet_not_loaded' | 'ask_ledger' }
>;

/**
 * Runs a script until it has decided: loads what it misses, asks the ledger about unknown keys.
 *
 *   script: not loaded -> the ledger, for its wallets and about its key at once -> load and script again
 *
 * The load and the script after it are sent together: a wallet that is touched first costs one question
 * to Postgres and one more to Redis.
 * @throws OutageError, or RequestError `not_found` for a wallet that does not exist
 * @param script is given the load epoch under which the ledger did not know the key
 */
export async function attempt<R extends { readonly status: string }>(
  context: EngineContext,
  partition: number,
  request: RequestKey | undefined,
  script: (checkedEpoch: number) => Promise<R>,
): Promise<
  Settled<R> | Done | { readonly status: 'idempotency_conflict'; readonly replayed: false }
> {
  let checkedEpoch = NOT_CHECKED;
  let loading: Promise<Loaded> | undefined;
  for (let i = 0; i < ATTEMPTS; i++) {
    // Nearly always there is nothing to load, and nothing to wait for beside the script.
    const [reply, loaded] = loading
      ? await Promise.all([script(checkedEpoch), loading])
      : [await script(checkedEpoch), NOTHING_LOADED];
    loading = undefined;
    const step = reply as R | Engineish;
    let known: Awaited<ReturnType<typeof askLedger>>;
    if (step.status === 'wallet_not_loaded' && 'walletIds' in step) {
      // What the load was refused for is the reason now; a stale one is read again.
      if (loaded.error) throw loaded.error;
      const asked = request && askLedger(context, request, true);
      const [wallets, answer] = await Promise.all([context.loader.read(step), asked]);
      if (wallets.size < step.walletIds.length) {
        throw new RequestError('not_found', 'No such wallet.');
      }
      known = answer;
      loading = known ? undefined : context.loader.load(partition, step, wallets);
      checkedEpoch = step.loadEpoch;
    } else if (step.status === 'ask_ledger' && 'must' in step && request) {
      known = await askLedger(context, request, step.must);
      checkedEpoch = step.loadEpoch;
    } else {
      return reply as unknown as Settled<R>;
    }
    // Only authorize and record take `call` keys, and both know this answer.
    if (known?.status === 'hold_exists') return known as unknown as Settled<R>;
    if (known) return known;
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
