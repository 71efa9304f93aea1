/**
 * Asks a call's provider what became of it. No provider call is ended by time alone: when its
 * ringing ran out, when it gave no sign of life for too long, or when its cutoff is not confirmed,
 * its provider is asked first, and what the provider says is done at once.
 *
 *   live       the clock starts where the provider says, or the call is known to be alive
 *   over       captured from the provider's record
 *   not found  authorized and never placed: the hold is voided once it cannot be placed any more
 *   no answer  nothing is known; the caller falls back to an estimate
 */
import { type Engine, EVIDENCE, type HoldState, OutageError } from '../../engine/index.ts';
import type { CallRecords, Log } from '../doors.ts';
import { createPool, type Pool } from '../enforcer/pool.ts';
import { type ProviderClient, ProviderOutage, type ProviderRecord } from '../providers/client.ts';
import type { ProviderClients } from '../providers/clients.ts';
import { isOpen } from '../sessions/call.ts';
import type { CallSessions } from '../sessions/call-sessions.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';
import type { ApplyRecord, RecordEffect } from './apply-record.ts';
import { isSaidOver } from './said-over.ts';
import { createSearch, type Search } from './search.ts';

export type Asked =
  /** Answered and going on; the hold's clock runs. */
  | { readonly status: 'live'; readonly record: ProviderRecord }
  /** At the provider, and nobody has answered yet. */
  | { readonly status: 'ringing'; readonly record: ProviderRecord }
  | { readonly status: 'over'; readonly record: ProviderRecord; readonly effect: RecordEffect }
  /** The provider never had it: nothing was taken, everything released. */
  | { readonly status: 'voided' }
  /**
   * The provider does not have it, which is too early or too strange to end it for.
   * `appearsUntilMs`: until then, epoch ms, it may yet be placed.
   */
  | { readonly status: 'not_found'; readonly appearsUntilMs: number }
  /** Nobody knows. It is never a sign that the call is over. `provider`, if one is known to make it. */
  | { readonly status: 'cannot_ask'; readonly why: string; readonly provider?: string }
  /** No provider is known to make this call: only its caller could tell. */
  | { readonly status: 'no_provider' }
  /** The hold was closed already, or there is none. */
  | { readonly status: 'closed' };

export interface Asking {
  /**
   * Asks about a call and does what the answer asks for. One question at a time for each call:
   * who asks meanwhile gets the same answer. Takes as long as the provider does, at most some
   * seconds, or the length of a list for a call whose provider id is not known.
   * @throws OutageError when the engine cannot be reached to do it
   */
  ask(partition: number, holdId: string): Promise<Asked>;
  /**
   * The same about a call that was closed on somebody's word, which its provider's record settles.
   * `closed` when the provider has told its end itself.
   */
  askAfter(partition: number, holdId: string): Promise<Asked>;
}

export interface AskingOptions {
  readonly engine: Pick<Engine, 'hold' | 'void'>;
  readonly sessions: CallSessions;
  readonly records: Pick<CallRecords, 'find' | 'findLink' | 'openDial'>;
  readonly clients: ProviderClients;
  readonly apply: ApplyRecord;
  readonly log: Log;
  /** True when an error is an outage of a store. */
  readonly isOutage: (error: unknown) => boolean;
  readonly nowMs: () => number;
  /** Told how each question ended. */
  readonly asked?: (provider: string, status: Asked['status']) => void;
}

/** Questions to one provider at a time; the rest wait their turn. */
const QUESTIONS_MAX = 16;
/** After its ringing, a call that its provider does not know gets this long to appear there. */
const APPEARS_MS = 60_000;

export function createAsking(options: AskingOptions): Asking {
  const { engine, sessions, records, log } = options;
  const lanes = new Map<string, Pool>();
  const searches = new WeakMap<ProviderClient, Search>();

  async function askOnce(
    partition: number,
    holdId: string,
    isAsked: (hold: HoldState) => boolean,
  ): Promise<Asked> {
    const hold = await engine.hold(partition, holdId);
    if (hold === undefined || !isAsked(hold)) return { status: 'closed' };
    if (hold.kind !== 'call') return { status: 'no_provider' };
    const { organizationId, callId } = hold;
    const call = { organizationId, callId, holdId, partition };
    const place = await placeOf(options, call, hold);
    if ('status' in place) return place;
    const asked = await inLane(place.client, () => question(call, hold, place));
    options.asked?.(place.client.provider, asked.status);
    return asked;
  }

  async function question(call: CallIdentity, hold: HoldState, place: Place): Promise<Asked> {
    let record: ProviderRecord | 'not_found';
    try {
      record = await look(call, hold, place);
    } catch (error) {
      if (!(error instanceof ProviderOutage)) throw error;
      log.warn({ err: error, call_id: call.callId }, 'a provider could not be asked about a call');
      return { status: 'cannot_ask', why: error.message, provider: place.client.provider };
    }
    if (record === 'not_found') return await notFound(options, call, hold);
    if (place.providerCallId === undefined) await link(call, record);
    else sessions.learn(call, record);
    const effect = await options.apply(call, hold, record);
    if (!record.live) return { status: 'over', record, effect };
    return { status: record.startedAtMs === undefined ? 'ringing' : 'live', record };
  }

  async function look(call: CallIdentity, hold: HoldState, { client, providerCallId }: Place) {
    if (providerCallId !== undefined) return await client.fetch(providerCallId);
    const search = searches.get(client) ?? createSearch(client, options.nowMs, isLinked);
    searches.set(client, search);
    const keepsMetadata = client.provider !== 'twilio';
    const { organizationId, callId } = call;
    const dial = keepsMetadata ? undefined : await records.openDial(organizationId, callId);
    return await search.find(call, hold.createdAtMs, dial);
  }

  async function isLinked({ provider, providerCallId }: ProviderRecord): Promise<boolean> {
    return (await records.findLink(provider, providerCallId)) !== undefined;
  }

  /** What was found by its metadata can be reached from now on. */
  async function link(call: CallIdentity, record: ProviderRecord): Promise<void> {
    try {
      const word = record.signedBy === undefined ? 'ours' : 'callers';
      const { provider, providerCallId, controlUrl, twilioCallSid } = record;
      await sessions.link(call, { provider, providerCallId, controlUrl, twilioCallSid }, word);
    } catch (error) {
      if (!options.isOutage(error)) throw error;
    }
  }

  function inLane(client: ProviderClient, work: () => Promise<Asked>): Promise<Asked> {
    const lane = lanes.get(client.provider) ?? createPool(QUESTIONS_MAX);
    lanes.set(client.provider, lane);
    return new Promise((resolve, reject) => {
      lane.run(() => work().then(resolve, reject));
    });
  }

  /** Open and closed holds are asked about apart: one answers `closed` where the other has work to do. */
  function shared(isAsked: (hold: HoldState) => boolean): Asking['ask'] {
    const flights = new Map<string, Promise<Asked>>();
    return (partition, holdId) => {
      const flight =
        flights.get(holdId) ??
        askOnce(partition, holdId, isAsked).finally(() => {
          flights.delete(holdId);
        });
      flights.set(holdId, flight);
      return flight;
    };
  }

  return { ask: shared(isOpen), askAfter: shared(isSaidOver) };
}

/** Where a call can be asked for. */
interface Place {
  readonly client: ProviderClient;
  /** Undefined when the provider's id never became known. */
  readonly providerCallId: string | undefined;
}

async function placeOf(
  options: AskingOptions,
  call: CallIdentity,
  hold: HoldState,
): Promise<Place | Asked> {
  const { sessions, records, clients } = options;
  const { organizationId, callId } = call;
  try {
    const reach = await sessions.reach(call);
    const provider = reach?.provider ?? (await records.find(organizationId, callId))?.provider;
    if (typeof provider !== 'string') {
      return hold.hasProvider
        ? { status: 'cannot_ask', why: 'its provider is not known' }
        : { status: 'no_provider' };
    }
    const client = await clients.clientFor(provider, organizationId);
    if (client === undefined) {
      return { status: 'cannot_ask', why: `there are no credentials for ${provider}`, provider };
    }
    return { client, providerCallId: reach?.providerCallId };
  } catch (error) {
    const engineAway = error instanceof OutageError && error.code !== 'postgres_unreachable';
    if (engineAway || !options.isOutage(error)) throw error;
    return { status: 'cannot_ask', why: 'the records of calls are away' };
  }
}

/**
 * A call that was authorized and is not at its provider was never placed, once it had time enough
 * to appear there. Its end is weak evidence, so that whatever comes after all can correct it. One
 * whose clock was started by signs of life is not taken for unreal.
 */
async function notFound(
  { engine, sessions, nowMs }: AskingOptions,
  call: CallIdentity,
  hold: HoldState,
): Promise<Asked> {
  const unproven = isOpen(hold) && (hold.state === 'authorized' || hold.estimated);
  const appearsUntilMs = hold.createdAtMs + hold.policy.ringMs + APPEARS_MS;
  if (!unproven || nowMs() < appearsUntilMs) return { status: 'not_found', appearsUntilMs };
  const { partition, holdId, callId } = call;
  const reply = await engine.void({
    partition,
    holdId,
    evidence: EVIDENCE.clock,
    outcome: 'no_answer',
    memo: { call_id: callId },
  });
  if (reply.status !== 'done' || reply.entry.hold === null) return { status: 'closed' };
  sessions.saw(holdId, reply.entry.hold);
  sessions.note(call, 'never_placed', { age_ms: nowMs() - hold.createdAtMs });
  return { status: 'voided' };
}
