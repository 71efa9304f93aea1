/** What is done before the gate is shut: deposits, live calls, wallets brought into Redis. */
import {
  type AuthorizeInput,
  callHoldId,
  type Engine,
  type HoldRef,
  type Price,
} from '../../engine/index.ts';
import type { FilledWallet } from './fill.ts';
import { PARTITIONS } from './options.ts';

const PER_SECOND: Price = {
  rateMicrosPerMinute: 60_000,
  initialMs: 1_000,
  subsequentMs: 1_000,
  connectionFeeMicros: 0,
  minimumMicros: 0,
};
const POLICY = {
  minimumMs: 60_000,
  quantumMs: 75_000,
  warnMs: 30_000,
  leadMs: 3_000,
  ringMs: 120_000,
  heartbeatMs: 300_000,
  endMessageMs: 0,
};
const DEPOSIT_MICROS = 1_000_000;
const CHARGE_MICROS = 1_000;
const AT_ONCE = 100;
const LOADED_AT_ONCE = 1_000;

export function createActs() {
  const requestOf = (scope: string, key: string) =>
    ({ kind: 'request', scope, key, fingerprint: 'f' }) as const;

  return {
    /** So that the ledger has rows of it. */
    async deposit(engine: Engine, { id, partition, organizationId }: FilledWallet): Promise<void> {
      const answer = await engine.credit({
        partition,
        request: requestOf(organizationId, `deposit ${id}`),
        organizationId,
        walletId: id,
        kind: 'deposit',
        amountMicros: DEPOSIT_MICROS,
      });
      must(answer, 'done');
    },

    async charge(
      engine: Engine,
      { id, partition, organizationId }: FilledWallet,
      key: string,
    ): Promise<void> {
      const answer = await engine.charge({
        partition,
        request: requestOf(organizationId, key),
        organizationId,
        overdraft: true,
        unbilled: false,
        legs: [{ walletId: id, role: 'client', amountMicros: CHARGE_MICROS }],
      });
      must(answer, 'done');
    },

    /** A call that has been answered. */
    async call(engine: Engine, wallet: FilledWallet, callId: string): Promise<HoldRef> {
      const input = callInput(wallet, callId);
      must(await engine.authorize(input), 'done');
      const ref = { partition: wallet.partition, holdId: input.holdId };
      must(await engine.start(ref), 'done');
      return ref;
    },
  };
}

/** What a status check does. @throws OutageError while the partition is shut */
export async function checkCall(engine: Engine, ref: HoldRef): Promise<void> {
  must(await engine.check({ ...ref, proofOfLife: true }), 'extended', 'covered');
}

/** Brings wallets into Redis, as their first touch would. */
export async function loadWallets(
  engine: Engine,
  wallets: readonly FilledWallet[],
  show: (done: number) => void,
): Promise<void> {
  let done = 0;
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const own = wallets.filter((wallet) => wallet.partition === partition);
    for (let i = 0; i < own.length; i += LOADED_AT_ONCE) {
      const some = own.slice(i, i + LOADED_AT_ONCE).map(({ id }) => id);
      await engine.wallets(partition, some);
      done += some.length;
      show(done);
    }
  }
}

/** Does it with each, a hundred at a time. */
export async function each<T>(
  items: readonly T[],
  work: (item: T, n: number) => Promise<unknown>,
  show: (done: number) => void,
): Promise<void> {
  for (let i = 0; i < items.length; i += AT_ONCE) {
    await Promise.all(items.slice(i, i + AT_ONCE).map((item, n) => work(item, i + n)));
    show(Math.min(items.length, i + AT_ONCE));
  }
}

function callInput(wallet: FilledWallet, callId: string): AuthorizeInput {
  const { organizationId } = wallet;
  return {
    partition: wallet.partition,
    request: { kind: 'call', scope: organizationId, key: callId, fingerprint: 'f' },
    holdId: callHoldId(organizationId, callId),
    organizationId,
    kind: 'call',
    callId,
    hasProvider: true,
    ttlMs: 0,
    maxDurationMs: 3_600_000,
    capFloorMs: 0,
    policy: POLICY,
    unbilled: false,
    legs: [{ walletId: wallet.id, role: 'client', amountMicros: 0, price: PER_SECOND }],
  };
}

function must({ status }: { readonly status: string }, ...wanted: readonly string[]): void {
  if (!wanted.includes(status)) throw new Error(`${status} instead of ${wanted.join(' or ')}`);
}
