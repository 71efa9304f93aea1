import {
  type DialOrder,
  type DialResult,
  type ProviderCall,
  type ProviderClient,
  ProviderOutage,
  type ProviderRecord,
  type PushResult,
} from '../client.ts';
import {
  dialFailure,
  dialSilence,
  isProviderId,
  pushFailure,
  pushResult,
  sentenceOf,
} from '../http/readings.ts';
import { textAt } from '../json.ts';
import { listRetellCalls } from './client-list.ts';
import { retellRecord } from './client-record.ts';
import {
  createRetellSdk,
  failureOf,
  type RetellAccount,
  type RetellSdk,
  retellOutage,
} from './client-sdk.ts';

export type { RetellAccount } from './client-sdk.ts';

/** Speaks to Retell for one account. */
export function createRetellClient(account: RetellAccount): ProviderClient {
  const sdk = createRetellSdk(account);
  return {
    provider: 'retell',
    hangUp: (call) => push(sdk, call, () => sdk.push.call.stop(call.providerCallId)),
    say: (call, text, options = {}) =>
      push(sdk, call, () =>
        sdk.pushOnce.call.updateLive(call.providerCallId, {
          call_control: {
            additional_context:
              options.endAfter === true
                ? `Say this to the caller now, then end the call: ${text}`
                : `Say this to the caller now: ${text}`,
            trigger_response: true,
          },
        }),
      ),
    transfer: async () => ({ status: 'unsupported', why: 'Retell transfers only by its agent' }),
    limit: async () => ({ status: 'unsupported', why: 'Retell cannot move the limit of a call' }),
    fetch: (providerCallId) => fetchCall(sdk, providerCallId),
    list: (since, until) => listRetellCalls(sdk, since, until),
    create: (order) => create(sdk, account, order),
  };
}

/** An order that was turned down is followed by a look at the record: the call may be over. */
async function push(
  sdk: RetellSdk,
  call: ProviderCall,
  order: () => Promise<unknown>,
): Promise<PushResult> {
  if (!isProviderId(call.providerCallId)) {
    return { status: 'refused', httpStatus: 404, retryable: false };
  }
  try {
    await order();
    return { status: 'accepted' };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.status === undefined) return pushFailure(failure.silence);
    const result = pushResult(failure.status);
    if (result.status !== 'refused' || result.retryable) return result;
    return (await isOver(sdk, call.providerCallId)) ? { status: 'already_over' } : result;
  }
}

async function isOver(sdk: RetellSdk, providerCallId: string): Promise<boolean> {
  try {
    const record = await fetchCall(sdk, providerCallId);
    return record !== 'not_found' && !record.live;
  } catch (error) {
    if (error instanceof ProviderOutage) return false;
    throw error;
  }
}

async function fetchCall(
  sdk: RetellSdk,
  providerCallId: string,
): Promise<ProviderRecord | 'not_found'> {
  if (!isProviderId(providerCallId)) return 'not_found';
  try {
    const record = retellRecord(await sdk.fetch.call.retrieve(providerCallId));
    if (record === undefined) throw new ProviderOutage('retell', 'the answer is no call');
    return record;
  } catch (error) {
    const outage = retellOutage(error);
    // Retell says 422 about an id that it cannot find for this key.
    if (outage.httpStatus === 404 || outage.httpStatus === 422) return 'not_found';
    throw outage;
  }
}

async function create(
  sdk: RetellSdk,
  account: RetellAccount,
  order: DialOrder,
): Promise<DialResult> {
  try {
    const call = await sdk.create.call.createPhoneCall({
      from_number: order.from,
      to_number: order.to,
      ...(order.agent === undefined ? {} : { override_agent_id: order.agent }),
      agent_override: { agent: { max_call_duration_ms: order.capSeconds * 1000 } },
      metadata: order.metadata,
      ...(order.variables === undefined ? {} : { retell_llm_dynamic_variables: order.variables }),
    });
    const providerCallId = textAt(call, 'call_id');
    if (providerCallId === undefined) return { status: 'unknown', why: 'the answer names no call' };
    return {
      status: 'created',
      providerCallId,
      controlUrl: undefined,
      twilioCallSid: textAt(call, 'telephony_identifier', 'twilio_call_sid'),
    };
  } catch (error) {
    const failure = failureOf(error);
    if (failure.status === undefined) return dialSilence(failure.silence);
    return dialFailure(failure.status, sentenceOf(failure.body, [account.apiKey]));
  }
}
