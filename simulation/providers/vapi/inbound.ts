import { z } from 'zod';
import type { InboundResult, Vapi, VapiCall, VapiControl } from './call.ts';
import { sendMessage, statusUpdate } from './messages.ts';
import { newVapiCall, OWN_NUMBER, PHONE_NUMBER_ID } from './place-call.ts';
import { assistantSchema, settingsOf } from './settings.ts';

const answerSchema = z.looseObject({
  error: z.string().optional(),
  destination: z.looseObject({}).optional(),
  assistantId: z.string().optional(),
  assistant: assistantSchema.optional(),
  assistantOverrides: assistantSchema.optional(),
});

/** Somebody calls a number without an assistant: the webhook decides within 7.5 s. */
export async function inboundCall(
  vapi: Vapi,
  { from, to }: Parameters<VapiControl['inbound']>[0],
): Promise<InboundResult> {
  const call = newVapiCall(vapi, {
    direction: 'inbound',
    person: from,
    own: to ?? OWN_NUMBER,
    phoneNumberId: PHONE_NUMBER_ID,
    customer: { number: from },
  });
  vapi.exchange.line.arrive(call);
  const answer = await sendMessage(vapi, call, { type: 'assistant-request' });
  const reason = refusal(answer);
  const result = answerSchema.safeParse(answer);
  if (reason !== undefined || !result.success) {
    call.endedReason = reason ?? 'assistant-request-returned-invalid-assistant';
    vapi.exchange.line.end(call, 'rejected');
    return { accepted: false, callId: call.id, reason: call.endedReason };
  }
  accept(vapi, call, result.data);
  return { accepted: true, callId: call.id, reason: undefined };
}

/** Vapi's word for why no assistant takes the call; undefined if one might. */
function refusal(answer: unknown): string | undefined {
  if (answer === undefined) return 'assistant-request-failed';
  const { data } = answerSchema.safeParse(answer);
  if (data === undefined) return 'assistant-request-returned-invalid-assistant';
  // The destination is looked at first: with it "the rest is ignored".
  if (data.destination) return 'assistant-request-returned-forwarding-phone-number';
  if (data.error !== undefined) return 'assistant-request-returned-error';
  const some = data.assistantId !== undefined || data.assistant !== undefined;
  return some ? undefined : 'assistant-request-returned-no-assistant';
}

function accept(vapi: Vapi, call: VapiCall, answer: z.infer<typeof answerSchema>): void {
  const { assistantId, assistant, assistantOverrides } = answer;
  const settings = settingsOf(assistant, assistantOverrides, vapi.options.webhookUrl);
  Object.assign(call, { assistantId, assistant, assistantOverrides, settings });
  call.capMs = settings.maxDurationMs;
  statusUpdate(vapi, call);
  vapi.exchange.line.answer(call);
}
