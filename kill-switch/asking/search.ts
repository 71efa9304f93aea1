/**
 * Looks a call up at its provider by what Ringfence put into its metadata, for calls whose id at the
 * provider never became known. No provider can be asked that directly, so it takes a list; one list
 * at a time, which answers everybody who waits for it.
 */
import type { ProviderClient, ProviderRecord } from '../providers/client.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';

export interface Search {
  /**
   * @param sinceMs when the call was authorized, epoch ms: it cannot be older than that.
   * @throws ProviderOutage when the list is not whole
   */
  find(call: CallIdentity, sinceMs: number): Promise<ProviderRecord | 'not_found'>;
}

/** The provider's clock may be so far behind ours. */
const SKEW_MS = 600_000;

interface Wanted {
  readonly call: CallIdentity;
  readonly sinceMs: number;
  readonly found: (record: ProviderRecord | 'not_found') => void;
  readonly failed: (error: unknown) => void;
}

export function createSearch(client: ProviderClient, nowMs: () => number): Search {
  let waiting: Wanted[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const wanted = waiting;
      waiting = [];
      try {
        const records = await recordsOf(client, wanted, nowMs());
        for (const { call, found } of wanted) found(records.get(call.holdId) ?? 'not_found');
      } catch (error) {
        for (const { failed } of wanted) failed(error);
      }
    }
    running = false;
  }

  return {
    find: (call, sinceMs) =>
      new Promise((found, failed) => {
        waiting.push({ call, sinceMs, found, failed });
        if (!running) void run();
      }),
  };
}

/**
 * The records of the wanted calls, by hold. Of two the platform's account's counts, then the one that
 * lives, then the one that came last.
 */
async function recordsOf(
  client: ProviderClient,
  wanted: readonly Wanted[],
  nowMs: number,
): Promise<Map<string, ProviderRecord>> {
  const holds = new Map<string, string>();
  for (const { call } of wanted) {
    holds.set(callKey(call.organizationId, call.callId), call.holdId);
    holds.set(call.holdId, call.holdId);
  }
  const sinceMs = wanted.reduce((least, one) => Math.min(least, one.sinceMs), nowMs);
  const found = new Map<string, ProviderRecord>();
  for await (const record of client.list(new Date(sinceMs - SKEW_MS), new Date(nowMs))) {
    const { organizationId, callId, holdId } = record.ringfence;
    const hold = holds.get(holdId ?? '') ?? holds.get(callKey(organizationId ?? '', callId ?? ''));
    if (hold === undefined || yields(record, found.get(hold))) continue;
    found.set(hold, record);
  }
  return found;
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
