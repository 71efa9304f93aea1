/**
 * How a call is reached at its provider: ids and control address, as its links have them. Only a
 * link counts, because it belongs to one call: an id that was merely claimed could be that of a
 * stranger's call, and a push would end it.
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
    if (newest === undefined || newest.holdId !== call.holdId) return undefined;
    return keep(call.holdId, {
      provider: newest.provider,
      providerCallId: newest.providerCallId,
      controlUrl: newest.controlUrl ?? undefined,
      twilioCallSid: newest.twilioCallSid ?? undefined,
    });
  }

  async function write(call: CallIdentity, reach: CallReach): Promise<void> {
    try {
      const answer = await records.link({ ...call, ...reach });
      if (answer === 'linked') keep(call.holdId, reach);
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
      if (known !== undefined && (isNew || !fresh)) return known.reach;
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
      const told: CallReach = { provider, providerCallId, controlUrl, twilioCallSid };
      const known = reaches.get(call.holdId)?.reach;
      const same = known?.providerCallId === providerCallId;
      const reach = same ? merge(known, told) : told;
      const news = !same || reach.controlUrl !== known.controlUrl;
      if (!news && reach.twilioCallSid === known.twilioCallSid) return;
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
  };
}
