/**
 * Looks a call up at its provider by what Ringfence put into its metadata, or by the numbers that it
 * dialled, for calls whose id at the provider never became known. No provider can be asked that directly, so it takes a list; one list
 * at a time, which answers everybody who waits for it.
 */
import type { ProviderClient, ProviderRecord } from '../providers/client.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';
import { mayBeDialled, type OpenDial, theDialled } from './by-numbers.ts';

export interface Search {
  /**
   * @param sinceMs when the call was authorized, epoch ms: it cannot be older than that.
   * @param dial the dial that may have placed it, where the provider keeps no metadata
   * @throws ProviderOutage when the list is not whole, or does not tell which call it is
   */
  find(
    call: CallIdentity,
    sinceMs: number,
    dial: OpenDial | undefined,
  ): Promise<ProviderRecord | 'not_found'>;
}

/** The provider's clock may be so far behind ours. */
const SKEW_MS = 600_000;

interface Wanted {
  readonly call: CallIdentity;
  readonly sinceMs: number;
  readonly dial: OpenDial | undefined;
  readonly found: (record: ProviderRecord | 'not_found') => void;
  readonly failed: (error: unknown) => void;
}

/** @param isLinked whether a call of the provider is known to be another one */
export function createSearch(
  client: ProviderClient,
  nowMs: () => number,
  isLinked: (record: ProviderRecord) => Promise<boolean>,
): Search {
  let waiting: Wanted[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const wanted = waiting;
      waiting = [];
      try {
        const { named, between } = await recordsOf(client, wanted, nowMs());
        for (const one of wanted) {
          const record = named.get(one.call.holdId);
          if (record !== undefined) one.found(record);
          else await byNumbers(one, between.get(one.call.holdId) ?? []);
        }
      } catch (error) {
        for (const { failed } of wanted) failed(error);
      }
    }
    running = false;
  }

  async function byNumbers(wanted: Wanted, candidates: ProviderRecord[]): Promise<void> {
    const { dial, found, failed } = wanted;
    if (dial === undefined) return found('not_found');
    try {
      found(await theDialled(dial, candidates, isLinked));
    } catch (error) {
      failed(error);
    }
  }

  return {
    find: (call, sinceMs, dial) =>
      new Promise((found, failed) => {
        waiting.push({ call, sinceMs, dial, found, failed });
        if (!running) void run();
      }),
  };
}

interface FoundRecords {
  /** By hold, of the calls that name it. */
  readonly named: ReadonlyMap<string, ProviderRecord>;
  /** By hold, those that may be its dialled call. */
  readonly between: ReadonlyMap<string, ProviderRecord[]>;
}

/**
 * The records of the wanted calls. Of two that name one the platform's account's counts, then the one that
 * lives, then the one that came last.
 */
async function recordsOf(
  client: ProviderClient,
  wanted: readonly Wanted[],
  nowMs: number,
): Promise<FoundRecords> {
  const holds = new Map<string, string>();
  for (const { call } of wanted) {
    holds.set(callKey(call.organizationId, call.callId), call.holdId);
    holds.set(call.holdId, call.holdId);
  }
  const sinceMs = wanted.reduce((least, one) => Math.min(least, one.sinceMs), nowMs);
  const named = new Map<string, ProviderRecord>();
  const between = new Map<string, ProviderRecord[]>();
  for await (const record of client.list(new Date(sinceMs - SKEW_MS), new Date(nowMs))) {
    const { organizationId, callId, holdId } = record.ringfence;
    const hold = holds.get(holdId ?? '') ?? holds.get(callKey(organizationId ?? '', callId ?? ''));
    if (hold !== undefined) {
      if (!yields(record, named.get(hold))) named.set(hold, record);
      continue;
    }
    for (const { call, dial } of wanted) {
      if (dial === undefined || !mayBeDialled(dial, record)) continue;
      between.set(call.holdId, [...(between.get(call.holdId) ?? []), record]);
    }
  }
  return { named, between };
}

function yields(record: ProviderRecord, known: ProviderRecord | undefined): boolean {
  if (known === undefined) return false;
  const platforms = known.signedBy === undefined;
  if (platforms !== (record.signedBy === undefined)) return platforms;
  return known.live;
}

function callKey(organizationId: string, callId: string): string {
  return `${organizationId} ${callId}`;
}
