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
  remember(call: KnownCall): void;
  /** Renews the hold's state of a call that is known. */
  saw(holdId: string, hold: HoldState): void;
}

const KNOWN_MAX = 100_000;

/** The call that was renewed longest ago is forgotten first. */
export function createKnownCalls(max: number = KNOWN_MAX): KnownCalls {
  const calls = new Map<string, KnownCall>();
  const byCallId = new Map<string, Set<string>>();

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

  return {
    remember,
    get: (holdId) => calls.get(holdId),
    withCallId(callId) {
      const holds = [...(byCallId.get(callId) ?? [])];
      return holds.flatMap((holdId) => calls.get(holdId) ?? []);
    },
    saw(holdId, hold) {
      const known = calls.get(holdId);
      if (known !== undefined) remember({ ...known, hold });
    },
  };
}
