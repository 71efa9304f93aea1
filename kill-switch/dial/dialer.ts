/**
 * Places a call: authorize, then ask the provider, once.
 *
 *   authorize ---> row `dialing` ---> provider ---> created   linked, 201
 *      |             |  (one begins)     |-------> refused   hold released, 422
 *      no money: 402 |                   '-------> unknown   hold kept, looked for, 202
 *                    '- somebody else began: their answer
 *
 * A provider has no idempotency for calls, so the row in Postgres is what makes the dial happen once:
 * a process that dies after `dialing` leaves a call that may exist, which is looked for and never
 * placed again (`looks.ts`).
 */
import { BugError } from '../../engine/index.ts';
import { CREATE_TIMEOUT_MS, type DialOrder, type DialResult } from '../providers/client.ts';
import type { ProviderAccount } from '../providers/clients.ts';
import type { Provider } from '../providers/event.ts';
import type { AuthorizeCall } from '../sessions/authorize.ts';
import type { Call } from '../sessions/call.ts';
import type { CallSessions } from '../sessions/call-sessions.ts';
import type { Dial, DialDecision, DialState } from './dials.ts';
import { type DialContext, endUnpaid, finishDial, placeOf } from './finish.ts';

/** Beyond the provider's own time a dialler that has not answered is dead. */
const LOOK_AFTER_MS = CREATE_TIMEOUT_MS + 5_000;
/** A call that may exist appears in the provider's list soon. */
const LOOK_SOON_MS = 2_000;

export interface DialCall {
  /** The fingerprint covers the whole order. */
  readonly authorize: AuthorizeCall & { readonly provider: Provider };
  readonly order: Pick<DialOrder, 'from' | 'to' | 'agent' | 'variables'>;
}

type NotAuthorized = Exclude<
  Awaited<ReturnType<CallSessions['authorize']>>,
  { status: 'authorized' }
>;

export type Dialled =
  | {
      readonly status: Exclude<DialState, 'refused'>;
      readonly replayed: boolean;
      readonly call: Call;
    }
  | {
      readonly status: 'refused';
      readonly replayed: boolean;
      /** Undefined when the provider never had the order. */
      readonly providerStatus: number | undefined;
    }
  /** This call was dialled with another order. */
  | { readonly status: 'other_order' }
  | { readonly status: 'no_credentials' }
  | { readonly status: 'not_authorized'; readonly decision: NotAuthorized };

export interface DialerOptions extends DialContext {
  /** Whose account places the calls of an organization. */
  readonly accountFor: (
    provider: Provider,
    organizationId: string,
  ) => Promise<ProviderAccount | undefined>;
  readonly isOutage: (error: unknown) => boolean;
}

/** Dials. Any number of repeats and processes place one call. @throws OutageError */
export type DialOnce = (request: DialCall) => Promise<Dialled>;

export function createDialer(options: DialerOptions): DialOnce {
  const flights = new Map<string, Promise<Dialled>>();
  return async (request) => {
    const { organizationId, callId, fingerprint } = request.authorize;
    // The fingerprint too: another order for this call must not get this one's answer.
    const key = `${organizationId} ${callId} ${fingerprint}`;
    const underway = flights.get(key);
    if (underway !== undefined) return replayOf(await underway);
    const flight = dial(options, request).finally(() => flights.delete(key));
    flights.set(key, flight);
    return await flight;
  };
}

function replayOf(dialled: Dialled): Dialled {
  return 'replayed' in dialled ? { ...dialled, replayed: true } : dialled;
}

async function dial(options: DialerOptions, request: DialCall): Promise<Dialled> {
  const { sessions, dials } = options;
  const { authorize, order } = request;
  const { organizationId, callId, provider, fingerprint } = authorize;
  const before = await dials.find({ organizationId, callId });
  if (before !== undefined) return await answerOf(options, before, fingerprint);
  const account = await options.accountFor(provider, organizationId);
  if (account === undefined) return { status: 'no_credentials' };
  const decision = await sessions.authorize(authorize);
  if (decision.status !== 'authorized') {
    // Somebody who dialled meanwhile may have closed the hold already.
    const meanwhile = await dials.find({ organizationId, callId });
    if (meanwhile !== undefined) return await answerOf(options, meanwhile, fingerprint);
    return { status: 'not_authorized', decision };
  }
  const { call } = decision;
  const { begun, dial: row } = await dials.begin(
    {
      organizationId,
      callId,
      provider,
      account: account.organizationId,
      fingerprint,
      from: order.from,
      to: order.to,
    },
    LOOK_AFTER_MS,
  );
  if (!begun) return await answerOf(options, row, fingerprint);
  const capSeconds = call.provider_cap_seconds;
  if (capSeconds === null) throw new BugError('an authorized call without a cap');
  const metadata = call.provider_metadata;
  const result = await account.client.create({ ...order, capSeconds, metadata });
  return await settle(options, row, call, result);
}

/** Writes down what became of the order, and does what it asks for. */
async function settle(
  options: DialerOptions,
  row: Dial,
  call: Call,
  result: DialResult,
): Promise<Dialled> {
  const { dials, log } = options;
  noteResult(options, row, result);
  let answer = answerTo(result, call);
  try {
    const decided = await dials.decide(row, decisionOf(result), LOOK_SOON_MS);
    if (result.status === 'created' && decided.state === 'refused') {
      // This process stood still for so long that the call was given up, and its hold with it.
      await endUnpaid(options, row, result);
    }
    await finishDial(options, decided, result.status === 'created' ? result : undefined);
    const current = await options.sessions.get(await placeOf(options, row));
    if ('call' in answer && current !== undefined) answer = { ...answer, call: current };
  } catch (error) {
    // The provider has answered, and so do we; whoever looks after the row does the rest.
    if (!options.isOutage(error)) throw error;
    log.error({ err: error, call_id: row.callId }, 'what became of a dial was not written down');
  }
  return answer;
}

function answerTo(result: DialResult, call: Call): Dialled {
  if (result.status === 'refused') {
    return { status: 'refused', replayed: false, providerStatus: result.httpStatus };
  }
  if (result.status === 'unknown') return { status: 'unknown', replayed: false, call };
  const known = { ...call, provider_call_id: result.providerCallId };
  return { status: 'created', replayed: false, call: known };
}

function decisionOf(result: DialResult): DialDecision {
  switch (result.status) {
    case 'created':
      return { state: 'created', providerCallId: result.providerCallId };
    case 'refused':
      return { state: 'refused', providerStatus: result.httpStatus };
    case 'unknown':
      return { state: 'unknown' };
  }
}

/** The provider's sentence is for the log alone: it may say what only its customer should read. */
function noteResult({ sessions, log }: DialerOptions, row: Dial, result: DialResult): void {
  const { provider, callId } = row;
  if (result.status === 'created') {
    sessions.note(row, 'dialed', { provider, provider_call_id: result.providerCallId });
    return;
  }
  log.warn({ call_id: callId, provider, result: result.status, why: result.why }, 'a dial failed');
  if (result.status === 'unknown') sessions.note(row, 'dial_unknown', { provider });
  else sessions.note(row, 'dial_refused', { provider, provider_status: result.httpStatus ?? null });
}

/** What a repeated request is told; it also finishes what a dead process left. */
async function answerOf(options: DialerOptions, row: Dial, fingerprint: string): Promise<Dialled> {
  if (row.fingerprint !== fingerprint) return { status: 'other_order' };
  if (!row.done) await finishDial(options, row, undefined);
  if (row.state === 'refused') {
    return { status: 'refused', replayed: true, providerStatus: row.providerStatus ?? undefined };
  }
  const call = await options.sessions.get(await placeOf(options, row));
  if (call === undefined) throw new BugError('a dialled call without a hold');
  return { status: row.state, replayed: true, call };
}
