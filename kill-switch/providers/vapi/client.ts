import {
  CREATE_TIMEOUT_MS,
  type DialOrder,
  type DialResult,
  type ProviderClient,
} from '../client.ts';
import { dialFailure, dialSilence, isSuccess, sentenceOf } from '../http/readings.ts';
import { textAt } from '../json.ts';
import { askVapi, fetchVapiCall, type VapiAccount } from './client-api.ts';
import { control } from './client-control.ts';
import { listVapiCalls } from './client-list.ts';
import { twilioLeg } from './twilio-leg.ts';

export type { VapiAccount } from './client-api.ts';

/** Speaks to Vapi for one account. */
export function createVapiClient(account: VapiAccount): ProviderClient {
  return {
    provider: 'vapi',
    hangUp: (call) => control(account, call, { type: 'end-call' }),
    say: (call, text, options = {}) =>
      control(account, call, {
        type: 'say',
        content: text,
        endCallAfterSpoken: options.endAfter === true,
        // A last sentence must be heard; a warning waits for its turn.
        interruptAssistantEnabled: options.endAfter === true,
        interruptionsEnabled: false,
      }),
    transfer: (call, destination) =>
      control(account, call, {
        type: 'transfer',
        destination: destination.startsWith('sip:')
          ? { type: 'sip', sipUri: destination }
          : { type: 'number', number: destination },
      }),
    limit: async () => ({ status: 'unsupported', why: 'Vapi cannot move the limit of a call' }),
    fetch: (providerCallId) => fetchVapiCall(account, providerCallId),
    list: (since, until) => listVapiCalls(account, since, until),
    create: (order) => create(account, order),
  };
}

async function create(account: VapiAccount, order: DialOrder): Promise<DialResult> {
  const body = {
    ...(order.agent === undefined ? {} : { assistantId: order.agent }),
    phoneNumberId: order.from,
    customer: { number: order.to },
    assistantOverrides: {
      maxDurationSeconds: order.capSeconds,
      metadata: order.metadata,
      monitorPlan: { controlEnabled: true },
      ...(order.variables === undefined ? {} : { variableValues: order.variables }),
    },
  };
  try {
    const timeoutMs = CREATE_TIMEOUT_MS;
    const answer = await askVapi(account, { method: 'POST', path: '/call', body, timeoutMs });
    const call = jsonOr(undefined, answer.text);
    if (!isSuccess(answer.status)) {
      return dialFailure(answer.status, sentenceOf(call, [account.apiKey]));
    }
    const providerCallId = textAt(call, 'id');
    if (providerCallId === undefined) {
      return { status: 'unknown', why: 'the answer names no call' };
    }
    return {
      status: 'created',
      providerCallId,
      controlUrl: textAt(call, 'monitor', 'controlUrl'),
      twilioCallSid: twilioLeg(call),
    };
  } catch (error) {
    return dialSilence(error);
  }
}

function jsonOr(fallback: unknown, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fallback;
  }
}
