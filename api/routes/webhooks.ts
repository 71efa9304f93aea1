/**
 * The providers' webhooks. A verified event is never lost: what cannot be applied now is stored and
 * applied later, and 5xx is the answer only when neither store can take it.
 */
import {
  type AppliableEvent,
  type Applied,
  decideGate,
  type GateEvent,
  retellGateGrant,
  retellGateRefusal,
  vapiGateGrant,
  vapiGateRefusal,
  vapiToolResults,
} from '../../kill-switch/index.ts';
import { type Answer, type Endpoint, webhook } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
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

type Received = Applied | { readonly status: 'stored' };

async function applyOrStore(desk: CallDesk, event: AppliableEvent): Promise<Received> {
  try {
    return await desk.apply(event);
  } catch (error) {
    if (!desk.isOutage(error)) throw error;
    const fields = { err: error, provider: event.provider, name: event.name };
    desk.log.warn(fields, 'an event cannot be applied now and is stored');
    await desk.inbox.store(event);
    return { status: 'stored' };
  }
}

function answerTo(event: AppliableEvent, received: Received): Answer {
  switch (received.status) {
    case 'unknown_call':
      throw new Problem('call_not_found', 'No organization is known for this call.');
    case 'stored':
      return { status: 200, body: { received: true, applied: false, reason: 'stored' } };
    case 'ignored':
      return { status: 200, body: { received: true, applied: false, reason: received.why } };
    case 'applied':
      return {
        status: 200,
        body: toolAnswer(event, received) ?? { received: true, applied: true },
      };
  }
}

/** A function call of the conversation waits for an answer in the provider's own form. */
function toolAnswer(event: AppliableEvent, { answer }: Extract<Applied, { status: 'applied' }>) {
  if (event.type !== 'alive' || event.tools.length === 0 || answer === undefined) return undefined;
  return event.provider === 'vapi' ? vapiToolResults(event.tools, answer.endCall) : answer;
}
