/**
 * Credit for as long as a card is being charged, so that a live call does not end meanwhile. It is given
 * and taken back by two entries with keys of their own; how much is in the row of the attempt before
 * either, so whoever finds the row can finish both. Taken back whatever Stripe says: what was spent of
 * it is owed then, and the next bridge begins under it.
 */
import type { RechargeAttempt } from '../../persistence/index.ts';
import type { RechargeContext } from '../context.ts';
import { ASK_LEASE_MS } from './charge.ts';

const BATCH = 100;

/** Runs `work` with the attempt's bridge, if it has one. */
export async function bridged<T>(
  context: RechargeContext,
  attempt: RechargeAttempt,
  work: () => Promise<T>,
): Promise<T> {
  if (attempt.bridgeMicros === 0) return work();
  const given = move(context, attempt, 'give').catch((err: unknown) => {
    context.log.warn({ err, attempt: attempt.id }, 'a bridge was not given');
  });
  try {
    return await work();
  } finally {
    await given;
    await takeBack(context, attempt).catch((err: unknown) =>
      context.log.warn({ err, attempt: attempt.id }, 'a bridge is taken back later'),
    );
  }
}

/** Bridges of attempts that have an outcome, or have been waiting for one too long. */
export async function leftBridges(context: RechargeContext): Promise<RechargeAttempt[]> {
  const before = new Date(context.nowMs() - ASK_LEASE_MS);
  return context.directory.rechargeAttempts.bridged(before, BATCH);
}

/** Safe to repeat. One that was never given is given first, so that the two always add up to nothing. */
export async function takeBack(context: RechargeContext, attempt: RechargeAttempt): Promise<void> {
  await move(context, attempt, 'give');
  await context.waitForLedger(await move(context, attempt, 'take_back'));
  await context.directory.rechargeAttempts.bridgeReturned(attempt.id);
}

async function move(
  { directory, engine }: RechargeContext,
  attempt: RechargeAttempt,
  step: 'give' | 'take_back',
) {
  const wallet = await directory.wallets.get(attempt.walletId);
  if (wallet === undefined) throw new Error(`wallet ${attempt.walletId} does not exist`);
  const { id, bridgeMicros } = attempt;
  const outcome = await engine.credit({
    partition: wallet.partition,
    request: { kind: 'refund_id', scope: wallet.rootId, key: `${id}:${step}`, fingerprint: step },
    organizationId: wallet.organizationId,
    walletId: wallet.id,
    kind: 'adjustment',
    amountMicros: step === 'give' ? bridgeMicros : 0 - bridgeMicros,
    memo: {
      reference: id,
      description: step === 'give' ? 'bridge of an auto-recharge' : 'bridge taken back',
    },
  });
  if (outcome.status !== 'done') throw new Error(`a bridge was not moved: ${outcome.status}`);
  return outcome.entry;
}
