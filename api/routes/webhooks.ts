/**
 * The providers' webhooks. A verified event is never lost: what cannot be applied now is stored and
 * applied later, and 5xx is the answer only when neither store can take it.
 */
import {
  decideGate,
  decidePredial,
  type GateEvent,
  type PredialEvent,
  retellGateGrant,
  retellGateRefusal,
  vapiGateGrant,
  vapiGateRefusal,
} from '../../kill-switch/index.ts';
import { type Answer, type Endpoint, webhook } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { answerTo, applyOrStore } from '../webhooks/apply-or-store.ts';
import type { CallDesk } from '../webhooks/call-desk.ts';
import { type JsonProvider, readSigned, type SignedRequest } from '../webhooks/receive.ts';
import { statusCheckRoutes } from './webhooks-status-check.ts';

export function webhookRoutes(desk: CallDesk): Endpoint[] {
  return [
    webhook({
      path: '/webhooks/vapi',
      summary: 'Every Vapi server message: gate, start, signs of life, end, report.',
      handle: (request) => receive(desk, 'vapi', request),
      overLimit: () => desk.overLimit('vapi'),
    }),
    webhook({
      path: '/webhooks/retell',
      summary: 'Retell events, the inbound gate and custom functions.',
      handle: (request) => receive(desk, 'retell', request),
      overLimit: () => desk.overLimit('retell'),
    }),
    ...statusCheckRoutes(desk),
  ];
}

async function receive(
  desk: CallDesk,
  provider: JsonProvider,
  request: SignedRequest,
): Promise<Answer> {
  const { event } = await readSigned(desk, provider, request);
  if (event === undefined) {
    throw new Problem('invalid_request', `The body is not a message of ${provider}.`);
  }
  if (event.type === 'gate') return await gate(desk, event);
  if (event.type === 'predial') return await predial(desk, event);
  return answerTo(event, await applyOrStore(desk, event));
}

async function gate(desk: CallDesk, event: GateEvent): Promise<Answer> {
  const decision = await decideGate(desk, event);
  if (decision.status === 'refused') {
    desk.log.info({ provider: event.provider, code: decision.code }, 'an inbound call was refused');
    const refusal =
      event.provider === 'vapi' ? vapiGateRefusal(decision.sentence) : retellGateRefusal();
    return { status: 200, body: refusal };
  }
  const { call, assistantId } = decision;
  const maxDurationSeconds = call.provider_cap_seconds ?? undefined;
  const metadata = call.provider_metadata;
  const body =
    event.provider === 'vapi'
      ? vapiGateGrant({ maxDurationSeconds, metadata, assistantId })
      : retellGateGrant({ maxDurationSeconds, metadata, overrideAgentId: assistantId });
  return { status: 200, body };
}

/** Anything but a clear yes in time, and Vapi does not place the call. */
async function predial(desk: CallDesk, event: PredialEvent): Promise<Answer> {
  const { eligible, code } = await decidePredial(desk, event);
  if (!eligible) desk.log.info({ provider: event.provider, code }, 'a campaign may not call now');
  return { status: 200, body: { eligible } };
}
