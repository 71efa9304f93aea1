/** What becomes of a verified event: applied now, or stored and applied later. It is never lost. */
import { type AppliableEvent, type Applied, vapiToolResults } from '../../kill-switch/index.ts';
import type { Answer } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import type { CallDesk } from './call-desk.ts';

export type Received = Applied | { readonly status: 'stored' };

/** @throws the outage when neither the engine nor the inbox can take the event */
export async function applyOrStore(desk: CallDesk, event: AppliableEvent): Promise<Received> {
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

/** @throws Problem call_not_found */
export function answerTo(event: AppliableEvent, received: Received): Answer {
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
