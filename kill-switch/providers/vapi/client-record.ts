import type { ProviderRecord } from '../client.ts';
import { dollarsToMicros } from '../decimal.ts';
import { at, momentAt, textAt } from '../json.ts';
import { readEndedReason } from './ended-reason.ts';
import { reference } from './parse.ts';
import { twilioLeg } from './twilio-leg.ts';

/** A call that talks, or did. Before it the call waits or rings and costs nothing. */
const ANSWERED = new Set(['in-progress', 'forwarding']);
/** The last two are said of calls whose data was deleted: only a call that is over has that. */
const OVER = new Set(['ended', 'not-found', 'deletion-failed']);

/** Reads a Call object of the API; undefined when it is none. */
export function vapiRecord(call: unknown): ProviderRecord | undefined {
  const status = textAt(call, 'status') ?? '';
  if (textAt(call, 'id') === undefined) return undefined;
  const endedAtMs = momentAt(call, 'endedAt');
  const reason = textAt(call, 'endedReason') ?? '';
  const live = !OVER.has(status) && endedAtMs === undefined && reason === '';
  const answeredAtMs = momentAt(call, 'startedAt');
  const common = {
    ...reference({ call }),
    live,
    twilioCallSid: twilioLeg(call),
  };
  if (live) {
    return {
      ...common,
      startedAtMs: ANSWERED.has(status) ? answeredAtMs : undefined,
      endedAtMs: undefined,
      durationMs: undefined,
      outcome: undefined,
      reason: '',
      reasonKnown: true,
      costMicros: undefined,
    };
  }
  const elapsedMs = between(answeredAtMs, endedAtMs);
  const { outcome, answered, known } = readEndedReason(reason, elapsedMs);
  return {
    ...common,
    startedAtMs: answered ? answeredAtMs : undefined,
    endedAtMs,
    durationMs: answered ? elapsedMs : 0,
    outcome,
    reason,
    reasonKnown: known,
    costMicros: dollarsToMicros(at(call, 'cost')),
  };
}

function between(startedAtMs: number | undefined, endedAtMs: number | undefined) {
  if (startedAtMs === undefined || endedAtMs === undefined) return undefined;
  return Math.max(0, endedAtMs - startedAtMs);
}
