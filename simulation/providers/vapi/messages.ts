import { talkedMs } from '../exchange/phone-call.ts';
import { authenticationHeaders } from './authenticate.ts';
import { endedReason, type Vapi, type VapiCall } from './call.ts';
import { callObject, statusOf } from './call-object.ts';
import { vapiCosts } from './costs.ts';

/** The telephony limit within which a gate must answer, real ms. */
export const GATE_TIMEOUT_MS = 7_500;

interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Sends one server message, if the call wants its type, and gives the answer's body back. */
export async function sendMessage(
  vapi: Vapi,
  call: VapiCall,
  message: Message,
  url: string | undefined = call.settings.serverUrl,
): Promise<unknown> {
  const gate = message.type === 'assistant-request';
  if (url === undefined || !(gate || call.settings.messages.has(message.type))) return undefined;
  const body = JSON.stringify({ message: { ...message, ...context(vapi, call, message.type) } });
  const answer = await vapi.exchange.send(call, {
    event: eventName(message),
    url,
    body,
    headers: webhookHeaders(vapi, body),
    timeoutMs: gate ? GATE_TIMEOUT_MS : call.settings.serverTimeoutMs,
    retryDelaysMs: gate ? [] : call.settings.retryDelaysMs,
    finalStatuses: call.settings.finalStatuses,
  });
  return answer === undefined ? undefined : json(answer.body);
}

/** The headers of each attempt to deliver this body. */
export function webhookHeaders(vapi: Vapi, body: string) {
  return (wallMs: number) => ({
    'content-type': 'application/json',
    ...authenticationHeaders(vapi.options.authentication, body, wallMs),
  });
}

/** Faults are told apart by this: `status-update in-progress`, `end-of-call-report`. */
function eventName(message: Message): string {
  return message.type === 'status-update' ? `status-update ${message.status}` : message.type;
}

function context(vapi: Vapi, call: VapiCall, type: string) {
  const monitor = type === 'tool-calls' || (vapi.options.monitorInWebhooks ?? true);
  return {
    timestamp: vapi.exchange.clock.now(),
    phoneNumber: {
      provider: 'twilio',
      number: call.direction === 'inbound' ? call.to : call.from,
      // Vapi does send this; nobody may store it.
      twilioAccountSid: `AC${'0'.repeat(32)}`,
      twilioAuthToken: 'SIMULATED_TWILIO_AUTH_TOKEN',
    },
    customer: call.customer,
    ...(call.assistant ? { assistant: call.assistant } : {}),
    call: callObject(vapi, call, monitor && type !== 'assistant-request'),
  };
}

/** Undefined when it is not JSON. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function statusUpdate(vapi: Vapi, call: VapiCall): void {
  void sendMessage(vapi, call, {
    type: 'status-update',
    status: statusOf(call),
    ...(call.phase === 'ended' ? { endedReason: endedReason(vapi, call) } : {}),
    ...(statusOf(call) === 'forwarding' ? { destination: call.forwardedTo } : {}),
  });
}

/** Something a conversation gives off: mostly updates, now and then a complaint of slowness. */
export function conversationTurn(vapi: Vapi, call: VapiCall): void {
  const kind = call.dice.pick({ conversation: 10, speech: 9, hang: 1 });
  const said = [{ role: 'user', message: 'Simulated words.', secondsFromStart: 1 }];
  if (kind === 'hang') void sendMessage(vapi, call, { type: 'hang' });
  else if (kind === 'speech') {
    void sendMessage(vapi, call, { type: 'speech-update', status: 'started', role: 'user' });
  } else void sendMessage(vapi, call, { type: 'conversation-update', messages: said });
}

/** Vapi's last word. Only fields of its official types: the duration is not among them. */
export function endOfCallReport(vapi: Vapi, call: VapiCall): void {
  const { cost, costs } = vapiCosts(talkedMs(call, 0));
  const iso = (atMs: number | undefined) =>
    atMs === undefined ? undefined : new Date(atMs).toISOString();
  const transcript = 'AI: simulated. '.repeat(Math.ceil(call.script.transcriptBytes / 15));
  void sendMessage(vapi, call, {
    type: 'end-of-call-report',
    endedReason: endedReason(vapi, call),
    cost,
    costs,
    ...(call.startedAtMs === undefined
      ? {}
      : { startedAt: iso(call.startedAtMs), endedAt: iso(call.endedAtMs) }),
    artifact: { messages: [], transcript: transcript.slice(0, call.script.transcriptBytes) },
    analysis: {},
  });
}
