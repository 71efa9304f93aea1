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
  pushResult,
  sentenceOf,
} from '../http/readings.ts';
import { listTwilioCalls } from './client-list.ts';
import { twilioRecord } from './client-record.ts';
import {
  createTwilioSdk,
  refusalOf,
  silenceOf,
  type TwilioAccount,
  type TwilioSdk,
  twilioOutage,
} from './client-sdk.ts';

export type { TwilioAccount } from './client-sdk.ts';

type Change = Parameters<ReturnType<TwilioSdk['push']['calls']>['update']>[0];

/**
 * Speaks to Twilio for one account. Also ends the Twilio leg of another provider's call, where its
 * account is ours: the call's `twilioCallSid` comes before its id.
 * @throws Error when the account id does not begin with AC
 */
export function createTwilioClient(account: TwilioAccount): ProviderClient {
  const sdk = createTwilioSdk(account);
  const no = (why: string) => async (): Promise<PushResult> => ({ status: 'unsupported', why });
  return {
    provider: 'twilio',
    hangUp: (call) => hangUp(sdk, call),
    say: no('Twilio would break off what the call is doing'),
    transfer: no('Twilio would break off what the call is doing'),
    limit: (call, capSeconds) => change(sdk, sidOf(call), { timeLimit: capSeconds }),
    fetch: (providerCallId) => fetchCall(sdk, providerCallId),
    list: (since) => listTwilioCalls(sdk, since),
    create: (order) => create(sdk, account, order),
  };
}

function sidOf(call: ProviderCall): string {
  return call.twilioCallSid ?? call.providerCallId;
}

/** `completed` ends a call that was answered; one that still waits or rings is `canceled`. */
async function hangUp(sdk: TwilioSdk, call: ProviderCall): Promise<PushResult> {
  const sid = sidOf(call);
  const result = await change(sdk, sid, { status: 'completed' });
  if (result.status !== 'refused' || result.retryable) return result;
  try {
    const record = await fetchCall(sdk, sid);
    if (record === 'not_found') return result;
    if (!record.live) return { status: 'already_over' };
    if (record.startedAtMs !== undefined) return result;
    return await change(sdk, sid, { status: 'canceled' });
  } catch (error) {
    if (error instanceof ProviderOutage) return result;
    throw error;
  }
}

async function change(sdk: TwilioSdk, sid: string, fields: Change): Promise<PushResult> {
  if (!isProviderId(sid)) return { status: 'refused', httpStatus: 404, retryable: false };
  try {
    await sdk.push.calls(sid).update(fields);
    return { status: 'accepted' };
  } catch (error) {
    const refusal = refusalOf(error);
    return refusal === undefined ? { status: 'unreachable' } : pushResult(refusal.status);
  }
}

async function fetchCall(
  sdk: TwilioSdk,
  providerCallId: string,
): Promise<ProviderRecord | 'not_found'> {
  if (!isProviderId(providerCallId)) return 'not_found';
  try {
    const record = twilioRecord(await sdk.fetch.calls(providerCallId).fetch());
    if (record === undefined) throw new ProviderOutage('twilio', 'the answer is no call');
    return record;
  } catch (error) {
    if (error instanceof ProviderOutage) throw error;
    if (refusalOf(error)?.status === 404) return 'not_found';
    throw twilioOutage(error);
  }
}

async function create(
  sdk: TwilioSdk,
  account: TwilioAccount,
  order: DialOrder,
): Promise<DialResult> {
  if (order.agent === undefined) {
    return { status: 'refused', why: 'a call at Twilio needs the URL of its TwiML' };
  }
  try {
    const call = await sdk.create.calls.create({
      to: order.to,
      from: order.from,
      url: order.agent,
      timeLimit: order.capSeconds,
      ...callback(account.publicUrl, order.metadata),
    });
    if (!call.sid) return { status: 'unknown', why: 'the answer names no call' };
    return {
      status: 'created',
      providerCallId: call.sid,
      controlUrl: undefined,
      twilioCallSid: call.sid,
    };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) return dialSilence(silenceOf(error));
    return dialFailure(refusal.status, sentenceOf(refusal.body, [account.authToken]));
  }
}

function callback(publicUrl: string | undefined, metadata: DialOrder['metadata']) {
  if (publicUrl === undefined) return {};
  const ids = Object.entries(metadata).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const query = new URLSearchParams(ids);
  return {
    statusCallback: `${publicUrl.replace(/\/+$/, '')}/webhooks/twilio/voice?${query}`,
    statusCallbackMethod: 'POST',
    statusCallbackEvent: ['answered', 'completed'],
  };
}
