/** Twilio's status callbacks: of calls, which meter and settle, and of messages. */
import { parseTwilioMessage, parseTwilioVoice } from '../../kill-switch/index.ts';
import { type Answer, type Endpoint, webhook } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { answerTo, applyOrStore } from '../webhooks/apply-or-store.ts';
import type { CallDesk } from '../webhooks/call-desk.ts';
import type { RefundMessage } from '../webhooks/message-refund.ts';
import { readTwilio, type TwilioRequest } from '../webhooks/twilio-form.ts';

const VOICE = '/webhooks/twilio/voice';
const MESSAGES = '/webhooks/twilio/messages';

export function twilioRoutes(desk: CallDesk, refundMessage: RefundMessage): Endpoint[] {
  return [
    webhook({
      path: VOICE,
      summary:
        'Status callbacks of calls. The query names ringfence_organization_id, ringfence_call_id.',
      handle: (request) => voiceStatus(desk, request),
      overLimit: () => desk.overLimit('twilio'),
    }),
    webhook({
      path: MESSAGES,
      summary: 'Status callbacks of messages. The query names ringfence_organization_id.',
      handle: (request) => messageStatus(desk, refundMessage, request),
    }),
  ];
}

async function voiceStatus(desk: CallDesk, request: TwilioRequest): Promise<Answer> {
  const { form, query, signedBy } = await readTwilio(desk, VOICE, request);
  const event = parseTwilioVoice(form, query);
  if (event === undefined || event.type === 'gate' || event.type === 'predial') {
    throw new Problem('invalid_request', 'The form is not a status callback of a call.');
  }
  return answerTo(event, await applyOrStore(desk, { ...event, signedBy }));
}

async function messageStatus(
  desk: CallDesk,
  refundMessage: RefundMessage,
  request: TwilioRequest,
): Promise<Answer> {
  const { form, query, signedBy } = await readTwilio(desk, MESSAGES, request);
  const message = parseTwilioMessage(form, query);
  if (message === undefined) {
    throw new Problem('invalid_request', 'The form is not a status callback of a message.');
  }
  const { messageSid, status, errorCode, ringfence } = message;
  const told = {
    message_sid: messageSid,
    status,
    error_code: errorCode,
    organization_id: ringfence.organizationId,
  };
  if (!message.lost) {
    desk.log.info(told, 'a message has a new status');
    return { status: 200, body: { received: true, applied: false, reason: 'nothing to do' } };
  }
  if (!(await mayName(desk, signedBy, ringfence.organizationId))) {
    desk.log.warn(told, "a message names an organization that is not its signer's");
    return { status: 200, body: { received: true, applied: false, reason: 'not its signer' } };
  }
  const answer = await refundMessage(message);
  if (answer.status === 'refunded') {
    desk.log.info({ ...told, refunds: answer.entryIds }, 'a lost message was refunded');
    return { status: 200, body: { received: true, applied: true } };
  }
  desk.log.info({ ...told, why: answer.why }, 'a message was lost and nothing was refunded');
  return { status: 200, body: { received: true, applied: false, reason: answer.why } };
}

/** An organization's own account speaks for that organization and its descendants alone. */
async function mayName(
  desk: CallDesk,
  signedBy: string | undefined,
  organizationId: string | undefined,
): Promise<boolean> {
  if (signedBy === undefined || organizationId === undefined) return true;
  return (await desk.directory.chain(organizationId)).some(({ id }) => id === signedBy);
}
