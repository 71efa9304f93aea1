/**
 * What a decided dial still asks for: a call that was placed is linked, one that was refused gives
 * its hold back. Each step may be taken again, by another process, until the dial is finished.
 */
import { BugError, type Engine, EVIDENCE } from '../../engine/index.ts';
import type { Log } from '../doors.ts';
import type { ProviderClients } from '../providers/clients.ts';
import type { Call } from '../sessions/call.ts';
import type { CallSessions } from '../sessions/call-sessions.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';
import type { Dial, DialKey, Dials } from './dials.ts';

export interface DialContext {
  readonly engine: Pick<Engine, 'void'>;
  readonly sessions: CallSessions;
  readonly dials: Dials;
  readonly clients: ProviderClients;
  readonly log: Log;
}

/** How a new call is reached, as far as the provider told when it placed it. */
export interface NewReach {
  readonly controlUrl: string | undefined;
  readonly twilioCallSid: string | undefined;
}

/** The place of a call that was dialled. */
export async function placeOf(
  { sessions }: Pick<DialContext, 'sessions'>,
  { organizationId, callId }: DialKey,
): Promise<CallIdentity> {
  const place = await sessions.identify(organizationId, callId);
  if (place === undefined) throw new BugError('a dialled call of no organization');
  return place;
}

/** Carries out what was decided. Safe to repeat. @throws OutageError, or the records' outage */
export async function finishDial(
  context: DialContext,
  dial: Dial,
  reach: NewReach | undefined,
): Promise<void> {
  const place = await placeOf(context, dial);
  if (dial.state === 'created' && dial.providerCallId !== null) {
    await linkPlaced(context, dial, place, dial.providerCallId, reach);
  } else if (dial.state === 'refused') {
    await releaseHold(context, dial, place);
  } else {
    return;
  }
  await context.dials.finish(dial);
}

async function linkPlaced(
  context: DialContext,
  dial: Dial,
  place: CallIdentity,
  providerCallId: string,
  reach: NewReach | undefined,
): Promise<void> {
  const { sessions, log } = context;
  const { provider } = dial;
  const link = { provider, providerCallId, ...reach };
  const reply = await sessions.link(place, link);
  if (reply.status !== 'linked') {
    log.error({ call_id: dial.callId, status: reply.status }, 'a dialled call was not linked');
    sessions.note(place, 'link_refused', { provider });
  } else if (isOver(reply.call)) {
    // It was ended or expired while the provider placed it: nobody would pay for it.
    await endUnpaid(context, dial, { providerCallId, ...reach });
  }
}

/** Ends a call that was placed and that no hold pays for. */
export async function endUnpaid(
  { clients, sessions, log }: DialContext,
  dial: Dial,
  call: { providerCallId: string } & Partial<NewReach>,
): Promise<void> {
  const client = await clients.clientFor(dial.provider, dial.organizationId);
  const result = await client?.hangUp(call);
  log.warn({ call_id: dial.callId, result: result?.status }, 'a dialled call had no hold any more');
  sessions.note(dial, 'ended_after_dial', { result: result?.status ?? 'no credentials' });
}

async function releaseHold(
  { engine, sessions }: DialContext,
  { callId }: Dial,
  { partition, holdId }: CallIdentity,
): Promise<void> {
  const reply = await engine.void({
    partition,
    holdId,
    evidence: EVIDENCE.caller,
    outcome: 'failed',
    memo: { call_id: callId },
  });
  if (reply.status === 'done' && reply.entry.hold !== null) {
    sessions.saw(holdId, reply.entry.hold);
  }
}

function isOver({ state }: Call): boolean {
  return state === 'captured' || state === 'voided' || state === 'expired';
}
