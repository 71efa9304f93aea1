import { z } from 'zod';
import { Dice } from '../exchange/dice.ts';
import { uuid, type Vapi, type VapiControl } from './call.ts';
import { GATE_TIMEOUT_MS, json, webhookHeaders } from './messages.ts';
import { PHONE_NUMBER_ID, placeCall } from './place-call.ts';

const eligibleSchema = z.looseObject({ eligible: z.literal(true) });

/** A campaign comes to a contact: anything but `{eligible: true}` means the call is not placed. */
export async function predial(
  vapi: Vapi,
  contact: Parameters<VapiControl['predial']>[0],
): Promise<{ eligible: boolean; callId: string | undefined }> {
  const { number, campaignId } = contact;
  const url = vapi.options.webhookUrl;
  if (url === undefined) return { eligible: false, callId: undefined };
  const body = JSON.stringify({
    message: {
      type: 'campaign.predial',
      timestamp: vapi.exchange.clock.now(),
      campaignId,
      contact: {
        id: uuid(new Dice(vapi.exchange.seed, 'contact', campaignId, number)),
        campaignId,
        orgId: vapi.orgId,
        number,
      },
    },
  });
  const answer = await vapi.exchange.send(undefined, {
    event: 'campaign.predial',
    url,
    body,
    headers: webhookHeaders(vapi, body),
    timeoutMs: GATE_TIMEOUT_MS,
    retryDelaysMs: [],
  });
  const eligible = eligibleSchema.safeParse(answer && json(answer.body)).success;
  if (!eligible) return { eligible, callId: undefined };
  const call = placeCall(vapi, {
    direction: 'outbound',
    person: number,
    assistantId: contact.assistantId,
    assistantOverrides: contact.assistantOverrides,
    phoneNumberId: PHONE_NUMBER_ID,
    customer: { number },
  });
  return { eligible, callId: call.id };
}
