/** Live call control: orders posted to the address that each Vapi call has of its own. */
import { type ProviderCall, ProviderOutage, PUSH_TIMEOUT_MS, type PushResult } from '../client.ts';
import { safeTarget } from '../http/address-guard.ts';
import { exchange } from '../http/exchange.ts';
import { pushFailure, pushResult } from '../http/readings.ts';
import { fetchVapiCall, type VapiAccount } from './client-api.ts';

export type ControlOrder =
  | { readonly type: 'end-call' }
  | {
      readonly type: 'say';
      readonly content: string;
      readonly endCallAfterSpoken: boolean;
      readonly interruptAssistantEnabled: boolean;
      readonly interruptionsEnabled: boolean;
    }
  | {
      readonly type: 'transfer';
      readonly destination:
        | { readonly type: 'number'; readonly number: string }
        | { readonly type: 'sip'; readonly sipUri: string };
    };

/**
 * Gives an order to a live call, at the address known for it. Where none is known, or the one that
 * is known turns the order down, the call's own record decides: it says whether the call is over
 * (what the address answers then is not documented), and which address is the right one.
 */
export async function control(
  account: VapiAccount,
  call: ProviderCall,
  order: ControlOrder,
): Promise<PushResult> {
  const first = await sendTo(account, call.controlUrl, order);
  if (first.status === 'accepted' || first.status === 'unreachable') return first;
  if (first.status === 'refused' && first.retryable) return first;
  const record = await recordOf(account, call.providerCallId);
  if (record === undefined) return first.status === 'refused' ? first : { status: 'unreachable' };
  if (record === 'not_found') return { status: 'refused', httpStatus: 404, retryable: false };
  if (!record.live) return { status: 'already_over' };
  if (record.controlUrl === call.controlUrl) return first;
  return await sendTo(account, record.controlUrl, order);
}

async function sendTo(
  account: VapiAccount,
  controlUrl: string | undefined,
  order: ControlOrder,
): Promise<PushResult> {
  const target = controlUrl && safeTarget(controlUrl, account.development === true);
  if (!target) return { status: 'unsupported', why: 'the call has no usable control address' };
  try {
    const { status } = await exchange({
      method: 'POST',
      url: target.url,
      lookup: target.lookup,
      headers: { 'content-type': 'application/json', ...authorization(account, target.url) },
      body: JSON.stringify(order),
      timeoutMs: PUSH_TIMEOUT_MS,
      repeatable: order.type === 'end-call',
    });
    return pushResult(status);
  } catch (error) {
    return pushFailure(error);
  }
}

/** The key goes to Vapi's own hosts: a control address may have been named by anybody. */
function authorization(account: VapiAccount, url: URL): Record<string, string> {
  const own = url.hostname.endsWith('.vapi.ai') || url.host === new URL(account.baseUrl).host;
  if (account.publicKey === undefined || !own) return {};
  return { authorization: `Bearer ${account.publicKey}` };
}

/** Undefined when Vapi cannot be asked. */
async function recordOf(account: VapiAccount, providerCallId: string) {
  try {
    return await fetchVapiCall(account, providerCallId);
  } catch (error) {
    if (error instanceof ProviderOutage) return undefined;
    throw error;
  }
}
