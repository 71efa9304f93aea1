/**
 * How a call is reached at its provider: ids and control address, as its links have them. Only a
 * link counts, because it belongs to one call: an id that was merely named could be that of a
 * stranger's call, and a push would end it. A link that is only claimed may be taken back at any
 * time, so it is looked up each time.
 *
 * Control addresses and Twilio legs are learned from the provider's own messages and written down,
 * so that an enforcer in another process can push.
 */
import type { CallRecords, Log } from '../doors.ts';
import { createPool } from '../enforcer/pool.ts';
import type { ProviderCall } from '../providers/client.ts';
import type { CallReference } from '../providers/event.ts';
import type { CallIdentity } from './known-calls.ts';

const REACHES_MAX = 100_000;
/** What was read so lately is not read again. */
const FRESH_MS = 2_000;
const WRITES_MAX = 8;
/** Beyond it nothing is written: the next message of the call teaches the same. */
const WAITING_MAX = 10_000;

export interface CallReach extends ProviderCall {
  readonly provider: string;
  /** The link may be taken back: only somebody with a key says so. */
  readonly claimed?: boolean | undefined;
}

export interface Reaches {
  /**
   * Undefined when no id of the provider is known.
   * @param fresh what this process knows will not do: another may have learned more meanwhile.
   * @throws when the records are away and this process has never known.
   */
  of(call: CallIdentity, fresh?: boolean): Promise<CallReach | undefined>;
  /** A link that stands. */
  linked(call: CallIdentity, reach: CallReach): void;
  /** Remembers what a message of the provider about this call says. Never waits, never fails. */
  learn(call: CallIdentity, message: CallReference): void;
  idle(): Promise<void>;
}

export function createReaches(records: Pick<CallRecords, 'link' | 'linksOf'>, log: Log): Reaches {
  const reaches = new Map<string, { reach: CallReach; readAtMs: number }>();
  const reading = new Map<string, Promise<CallReach | undefined>>();
  const learning = new Set<string>();
  const pool = createPool(WRITES_MAX);

  function keep(holdId: string, reach: CallReach): CallReach {
    reaches.delete(holdId);
    reaches.set(holdId, { reach, readAtMs: performance.now() });
    const oldest = reaches.size > REACHES_MAX ? reaches.keys().next() : undefined;
    if (oldest && !oldest.done) reaches.delete(oldest.value);
    return reach;
  }

  async function read(call: CallIdentity): Promise<CallReach | undefined> {
    const [newest] = await records.linksOf(call.organizationId, call.callId);
    if (newest === undefined || newest.holdId !== call.holdId) {
      reaches.delete(call.holdId);
      return undefined;
    }
    return keep(call.holdId, {
      provider: newest.provider,
      providerCallId: newest.providerCallId,
      controlUrl: newest.controlUrl ?? undefined,
      twilioCallSid: newest.twilioCallSid ?? undefined,
      claimed: newest.claimed ?? false,
    });
  }

  async function write(call: CallIdentity, reach: CallReach): Promise<void> {
    try {
      const answer = await records.link({ ...call, ...reach });
      if (answer !== 'linked') return;
      // A call may have another id that is certain.
      if (reach.claimed === true) await read(call);
      else keep(call.holdId, reach);
    } catch (error) {
      log.warn({ err: error, call_id: call.callId }, 'how a call is reached was not written');
    } finally {
      learning.delete(call.holdId);
    }
  }

  return {
    async of(call, fresh = false) {
      const known = reaches.get(call.holdId);
      const isNew = known !== undefined && performance.now() - known.readAtMs < FRESH_MS;
      const certain = !fresh && known?.reach.claimed !== true;
      if (known !== undefined && (isNew || certain)) return known.reach;
      const flight = reading.get(call.holdId) ?? read(call);
      reading.set(call.holdId, flight);
      try {
        return await flight;
      } catch (error) {
        if (known === undefined) throw error;
        return known.reach;
      } finally {
        reading.delete(call.holdId);
      }
    },
    linked(call, reach) {
      const known = reaches.get(call.holdId)?.reach;
      keep(
        call.holdId,
        known?.providerCallId === reach.providerCallId ? merge(known, reach) : reach,
      );
    },
    learn(call, message) {
      const { provider, providerCallId, controlUrl, twilioCallSid } = message;
      if (providerCallId === '' || learning.has(call.holdId)) return;
      const claimed = !names(message, call);
      const told: CallReach = { provider, providerCallId, controlUrl, twilioCallSid, claimed };
      const known = reaches.get(call.holdId)?.reach;
      const same = known?.providerCallId === providerCallId;
      if (known !== undefined && !same && claimed && known.claimed !== true) return;
      const reach = same ? merge(known, told) : told;
      if (same && tellsNothing(reach, known)) return;
      if (pool.waiting() >= WAITING_MAX) return;
      learning.add(call.holdId);
      pool.run(() => write(call, reach));
    },
    idle: () => pool.idle(),
  };
}

function merge(known: CallReach, told: CallReach): CallReach {
  return {
    ...told,
    controlUrl: told.controlUrl ?? known.controlUrl,
    twilioCallSid: told.twilioCallSid ?? known.twilioCallSid,
    claimed: known.claimed === true && told.claimed === true,
  };
}

function tellsNothing(reach: CallReach, known: CallReach): boolean {
  return (
    reach.controlUrl === known.controlUrl &&
    reach.twilioCallSid === known.twilioCallSid &&
    (reach.claimed === true) === (known.claimed === true)
  );
}

/** The platform's account or secret says that the provider's id is this call's. */
function names({ signedBy, ringfence }: CallReference, call: CallIdentity): boolean {
  if (signedBy !== undefined) return false;
  const { organizationId = call.organizationId, callId, holdId } = ringfence;
  if (organizationId !== call.organizationId) return false;
  return callId === call.callId || holdId === call.holdId;
}
