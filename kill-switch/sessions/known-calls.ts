/**
 * What this process remembers of the calls it authorized, checked or ended lately: where their
 * holds are, so that a check is one step, and until when they are paid, so that a status check has
 * an answer while the engine is away. A memory and no more: forgetting a call costs a look-up.
 */
import type { HoldState } from '../../engine/index.ts';
import type { CallPolicy } from '../policy.ts';

/** Which hold a call has, and where. */
export interface CallIdentity {
  readonly organizationId: string;
  readonly callId: string;
  readonly holdId: string;
  readonly partition: number;
}

export interface KnownCall {
  readonly identity: CallIdentity;
  readonly provider: string | undefined;
  readonly providerCallId: string | undefined;
  readonly policy: CallPolicy;
  /** What the wallets could pay when the call was authorized; -1 when it is free. */
  readonly affordableMs: number | undefined;
  /** The last state of the hold that this process saw. */
  readonly hold: HoldState;
}

export interface KnownCalls {
  get(holdId: string): KnownCall | undefined;
  /** The known calls with this id, of whatever organizations. */
  withCallId(callId: string): readonly KnownCall[];
  /** The known call that this provider id was linked to, or is claimed for. */
  linkedTo(
    provider: string,
    providerCallId: string,
  ): { readonly call: KnownCall; readonly claimed: boolean } | undefined;
  remember(call: KnownCall): void;
  /** A link: unless it is only claimed, the provider's id means this call and no other for ever. */
  linked(provider: string, providerCallId: string, holdId: string, claimed: boolean): void;
  /** Renews the hold's state of a call that is known; an older state is passed over. */
  saw(holdId: string, hold: HoldState): void;
}

const KNOWN_MAX = 100_000;

/** The call that was renewed longest ago is forgotten first. */
export function createKnownCalls(max: number = KNOWN_MAX): KnownCalls {
  const calls = new Map<string, KnownCall>();
  const byCallId = new Map<string, Set<string>>();
  const byProviderId = new Map<string, { readonly holdId: string; readonly claimed: boolean }>();

  function forget(holdId: string, callId: string): void {
    calls.delete(holdId);
    const holds = byCallId.get(callId);
    holds?.delete(holdId);
    if (holds?.size === 0) byCallId.delete(callId);
  }

  function remember(call: KnownCall): void {
    const { holdId, callId } = call.identity;
    calls.delete(holdId);
    calls.set(holdId, call);
    const holds = byCallId.get(callId) ?? new Set();
    byCallId.set(callId, holds.add(holdId));
    if (calls.size <= max) return;
    const oldest = calls.values().next();
    if (!oldest.done) forget(oldest.value.identity.holdId, oldest.value.identity.callId);
  }

  function linked(
    provider: string,
    providerCallId: string,
    holdId: string,
    claimed: boolean,
  ): void {
    byProviderId.set(`${provider} ${providerCallId}`, { holdId, claimed });
    if (byProviderId.size <= max) return;
    const oldest = byProviderId.keys().next();
    if (!oldest.done) byProviderId.delete(oldest.value);
  }

  return {
    remember,
    linked,
    linkedTo(provider, providerCallId) {
      const link = byProviderId.get(`${provider} ${providerCallId}`);
      const call = link && calls.get(link.holdId);
      return call && { call, claimed: link.claimed };
    },
    get: (holdId) => calls.get(holdId),
    withCallId(callId) {
      const holds = [...(byCallId.get(callId) ?? [])];
      return holds.flatMap((holdId) => calls.get(holdId) ?? []);
    },
    saw(holdId, hold) {
      const known = calls.get(holdId);
      // A list shows the ledger's view, which may be older than what was seen already.
      if (known === undefined || hold.revision < known.hold.revision) return;
      remember({ ...known, hold });
    },
  };
}
