/** The facts beside the hold that a call's answer needs. */
import { coveredMs, type HoldState, isFree, spendableOf } from '../../engine/index.ts';
import { policyOfCall } from '../policy.ts';
import {
  type Call,
  type CallFacts,
  isCutoffPending,
  isFreeCall,
  isOpen,
  renderCall,
} from './call.ts';
import type { SessionContext } from './context.ts';
import type { CallIdentity, KnownCall } from './known-calls.ts';

/** The call as it stands, for every answer but that of authorize. */
export async function describe(
  context: SessionContext,
  call: CallIdentity,
  hold: HoldState,
): Promise<Call> {
  const known = await recall(context, call, hold);
  const facts: CallFacts = {
    provider: known.provider,
    providerCallId: known.providerCallId,
    capMode: known.policy.provider_cap,
    affordableMs: isOpen(hold) ? await affordableNowMs(context, call.partition, hold) : undefined,
    nowMs: context.nowMs(),
    cutoffFailed: await cutoffFailed(context, call, hold),
  };
  return renderCall(call, hold, facts);
}

/** Only a cutoff that is not proven can have failed, and only then is it worth a look. */
async function cutoffFailed(
  context: SessionContext,
  { organizationId, callId }: CallIdentity,
  hold: HoldState,
): Promise<boolean> {
  if (!isCutoffPending(hold, context.nowMs())) return false;
  try {
    return (await context.records.find(organizationId, callId))?.cutoffState === 'failed';
  } catch (error) {
    if (!context.isOutage(error)) throw error;
    return false;
  }
}

/** What is known of the call, read from the records if this process has forgotten it. */
export async function recall(
  context: SessionContext,
  call: CallIdentity,
  hold: HoldState,
): Promise<KnownCall> {
  const remembered = context.known.get(call.holdId);
  if (remembered !== undefined) {
    context.known.saw(call.holdId, hold);
    return { ...remembered, hold };
  }
  // The provider's name and the cap are niceties of the answer; the hold's figures are the answer.
  const unlessAway = (error: unknown) => {
    if (context.isOutage(error)) return undefined;
    throw error;
  };
  const payer = hold.legs[0]?.walletId ?? '';
  const [record, chain, wallet] = await Promise.all([
    context.records.find(call.organizationId, call.callId).catch(unlessAway),
    context.directory.chain(call.organizationId),
    context.directory.wallet(payer).catch(unlessAway),
  ]);
  const sparse = chain.map((organization) => organization.callPolicy);
  const known: KnownCall = {
    identity: call,
    provider: record?.provider ?? undefined,
    providerCallId: record?.providerCallId ?? undefined,
    policy: policyOfCall(sparse, wallet?.recharges === true),
    affordableMs: undefined,
    hold,
  };
  if (record !== undefined) context.known.remember(known);
  return known;
}

/** How long the wallets could pay for the call in all; -1 when it is free. */
async function affordableNowMs(
  context: SessionContext,
  partition: number,
  hold: HoldState,
): Promise<number> {
  if (isFreeCall(hold)) return -1;
  const paying = hold.legs.filter((leg) => !isFree(leg));
  const wallets = await context.engine.wallets(
    partition,
    paying.map((leg) => leg.walletId),
  );
  const each = paying.map((leg) => {
    const wallet = wallets.get(leg.walletId);
    const free = wallet === undefined ? 0 : Math.max(0, spendableOf(wallet));
    return coveredMs(leg, leg.heldMicros + free);
  });
  return Math.min(...each);
}
