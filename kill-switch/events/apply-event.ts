/**
 * What a provider's message does to its call. Nothing is deduplicated but by state: a message that
 * comes twice, late or out of order meets a hold that is started or closed already, and changes
 * nothing.
 */
import { EVIDENCE, OutageError } from '../../engine/index.ts';
import type { Log } from '../doors.ts';
import type { AliveEvent, AppliableEvent, EndedEvent, ReportEvent } from '../providers/event.ts';
import type { CallSessions } from '../sessions/call-sessions.ts';
import { evidenceOf } from '../sessions/evidence.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';
import type { StatusAnswer } from '../sessions/status-answer.ts';
import { createSeenOnce, type SeenOnce } from './seen-once.ts';

export type Applied =
  | { readonly status: 'applied'; readonly call: CallIdentity; readonly answer?: StatusAnswer }
  /** Nothing to do: the message is not about the clock, or its call needs nothing more. */
  | { readonly status: 'ignored'; readonly why: string }
  | { readonly status: 'unknown_call' };

/** Throws OutageError when the event cannot be applied now; it is safe to apply it again. */
export type ApplyEvent = (event: AppliableEvent) => Promise<Applied>;

/** Told of everything that this release does not know, each time. */
export type UnknownEvent = (provider: string, what: 'message' | 'end_reason') => void;

export function createApplyEvent(
  sessions: CallSessions,
  log: Log,
  unknown?: UnknownEvent,
): ApplyEvent {
  const seen = createSeenOnce();
  return async (event) => {
    if (event.type === 'ignored') {
      if (!event.known) {
        unknown?.(event.provider, 'message');
        logOnce(log, seen, event.provider, 'message', event.name);
      }
      return { status: 'ignored', why: 'nothing to do' };
    }
    if ((event.type === 'ended' || event.type === 'report') && !event.reasonKnown) {
      unknown?.(event.provider, 'end_reason');
      logOnce(log, seen, event.provider, 'end reason', event.reason);
    }
    const found = await sessions.findCall(event);
    if (found.status !== 'found') return { status: 'unknown_call' };
    const { call } = found;
    if (teaches(event)) sessions.learn(call, event);
    switch (event.type) {
      case 'started':
        return started(call, await sessions.start(call, event.startedAtMs));
      case 'alive':
        return await alive(sessions, call, event);
      case 'ended':
        return await ended(sessions, call, event);
      case 'report':
        return await reported(sessions, call, event);
    }
  };
}

/**
 * Messages of a call in progress tell how it can be reached. Those of Twilio tell whose it is, even
 * at its end: Twilio's list has no metadata, and a call that is not linked by then would be charged
 * a second time, as one that nobody authorized.
 */
function teaches({ type, provider, ringfence }: AppliableEvent): boolean {
  if (type === 'started' || type === 'alive') return true;
  return provider === 'twilio' && ringfence.callId !== undefined;
}

function started(call: CallIdentity, reply: { readonly status: string }): Applied {
  if (reply.status === 'started') return { status: 'applied', call };
  return { status: 'ignored', why: reply.status };
}

/** A sign of life starts the clock if the start itself was lost, and asks whether the call may go on. */
async function alive(
  sessions: CallSessions,
  call: CallIdentity,
  event: AliveEvent,
): Promise<Applied> {
  const asked = event.tools.length > 0;
  if (event.startedAtMs !== undefined) {
    try {
      await sessions.start(call, event.startedAtMs);
    } catch (error) {
      // A function call waits for an answer, which the check below has even in an outage.
      if (!asked || !(error instanceof OutageError)) throw error;
    }
  }
  const checked = await sessions.check(call, { alive: true });
  if (checked.outcome === 'outage' && !asked) throw new OutageError('recovering');
  if (checked.outcome === 'unknown_call' && !asked) {
    return { status: 'ignored', why: 'call_not_found' };
  }
  return { status: 'applied', call, answer: checked.answer };
}

/**
 * The end without the report. What it says is held to be weaker than a report, so that the report
 * can still correct it; without times the hold's clock decides, if it ever ran.
 */
async function ended(
  sessions: CallSessions,
  call: CallIdentity,
  event: EndedEvent,
): Promise<Applied> {
  if (event.durationMs === undefined) {
    const current = await sessions.get(call);
    if (current === undefined) return { status: 'ignored', why: 'call_not_found' };
    if (current.started_at === undefined && event.outcome !== 'failed') {
      sessions.note(call, 'end_without_times', { reason: event.reason });
      return { status: 'ignored', why: 'the report will tell' };
    }
  }
  const reply = await sessions.end(call, {
    durationMs: event.durationMs,
    outcome: event.outcome,
    evidence: event.signedBy === undefined ? EVIDENCE.caller : EVIDENCE.clock,
    endedAtMs: event.endedAtMs,
    provider: event.provider,
    providerCallId: event.providerCallId,
    reason: event.reason,
  });
  if (reply.status === 'ended') return { status: 'applied', call };
  return { status: 'ignored', why: reply.status };
}

/**
 * The report. Under an organization's own secret it is worth what that organization's account is:
 * whoever pays for a call could sign that it never was, and the platform's account has to be able to
 * correct that.
 */
async function reported(
  sessions: CallSessions,
  call: CallIdentity,
  event: ReportEvent,
): Promise<Applied> {
  const reply = await sessions.end(call, {
    durationMs: event.durationMs,
    outcome: event.outcome,
    evidence: evidenceOf(event.signedBy, call.organizationId, EVIDENCE.provider_webhook),
    endedAtMs: event.endedAtMs,
    provider: event.provider,
    providerCallId: event.providerCallId,
    providerCostMicros: event.costMicros,
    reason: event.reason,
    chargeWithoutHold: true,
  });
  if (reply.status === 'ended') return { status: 'applied', call };
  return { status: 'ignored', why: reply.status };
}

function logOnce(log: Log, seen: SeenOnce, provider: string, what: string, name: string): void {
  if (!seen.first(`${provider} ${what} ${name}`)) return;
  log.warn({ provider, name }, `a ${what} this release does not know`);
}
