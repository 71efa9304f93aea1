/** The events that steps of a call's timeline are to the outside. Pure. */
import type { NewCallEvent, NewEvent } from '../persistence/index.ts';
import type { EventType } from './catalogue.ts';
import { event } from './event.ts';

const TYPES: Readonly<Record<string, EventType>> = {
  final: 'call.final',
  rescued: 'call.rescued',
  warned: 'call.warning',
  cutoff_pending: 'call.cutoff_pending',
  cutoff_confirmed: 'call.cutoff_confirmed',
  cutoff_failed: 'call.cutoff_failed',
};

/** @param nowMs of steps that carry no time of their own */
export function callNotifications(steps: readonly NewCallEvent[], nowMs: number): NewEvent[] {
  return steps.flatMap(({ organizationId, callId, kind, details = {}, at }) => {
    const type = TYPES[kind];
    if (type === undefined) return [];
    const occurredAtMs = at?.getTime() ?? nowMs;
    const told = {
      organizationId,
      subject: callId,
      occurredAtMs,
      data: { call_id: callId, organization_id: organizationId, details },
    };
    return [event(type, [organizationId, callId, String(occurredAtMs)], told)];
  });
}
