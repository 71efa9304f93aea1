/**
 * The providers' webhooks. A verified event is never lost: what cannot be applied now is stored and
 * applied later, and 5xx is the answer only when neither store can take it.
 */
import {
  decideGate,
  type GateEvent,
  retellGateGrant,
  retellGateRefusal,
  vapiGateGrant,
  vapiGateRefusal,
} from '../../kill-switch/index.ts';
import { type Answer, type Endpoint, webhook } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { answerTo, applyOrStore } from '../webhooks/apply-or-store.ts';
import type { CallDesk } from '../webhooks/call-desk.ts';
import {
  type JsonProvider,
  parseEvent,
  readSigned,
  type SignedRequest,
} from '../webhooks/receive.ts';
import { statusCheckRoutes } from './webhooks-status-check.ts';

export function webhookRoutes(desk: CallDesk): Endpoint[] {
  return [
    webhook({
      path: '/webhooks/vapi',
      summary: 'Every Vapi server message: gate, start, signs of life, end, report.',
      handle: (request) => receive(desk, 'vapi', request),
    }),
    webhook({
      path: '/webhooks/retell',
      summary: 'Retell events, the inbound gate and custom functions.',
      handle: (request) => receive(desk, 'retell', request),
    }),
    ...statusCheckRoutes(desk),
  ];
}

async function receive(
  desk: CallDesk,
  provider: JsonProvider,
  request: SignedRequest,
): Promise<Answer> {
  const event = parseEvent(provider, await readSigned(desk, provider, request));
  if (event === undefined) {
    throw new Problem('invalid_request', `The body is not a message of ${provider}.`);
  }
  if (event.type === 'gate') return await gate(desk, event);
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
