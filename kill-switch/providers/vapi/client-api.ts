/** The REST part of Vapi: six calls, typed by what is read from them, without the 47 MB SDK. */
import { FETCH_TIMEOUT_MS, ProviderOutage, type ProviderRecord } from '../client.ts';
import { type Exchanged, exchange } from '../http/exchange.ts';
import { isProviderId, isSuccess, outage, parsed } from '../http/readings.ts';
import { vapiRecord } from './client-record.ts';

export interface VapiAccount {
  /** The private key. */
  readonly apiKey: string;
  readonly baseUrl: string;
  /** Needed where a control plan asks for authentication; sent to Vapi's own hosts only. */
  readonly publicKey?: string | undefined;
  /** Lets control addresses be local, as those of a simulator are. Never in production. */
  readonly development?: boolean | undefined;
}

export interface VapiRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly timeoutMs: number;
}

/** @throws NoAnswer */
export function askVapi(account: VapiAccount, request: VapiRequest): Promise<Exchanged> {
  const url = new URL(account.baseUrl.replace(/\/+$/, '') + request.path);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    url.searchParams.set(name, value);
  }
  return exchange({
    method: request.method,
    url,
    headers: {
      authorization: `Bearer ${account.apiKey}`,
      accept: 'application/json',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: request.body === undefined ? undefined : JSON.stringify(request.body),
    timeoutMs: request.timeoutMs,
    repeatable: request.method === 'GET',
  });
}

/** @throws ProviderOutage */
export async function fetchVapiCall(
  account: VapiAccount,
  providerCallId: string,
): Promise<ProviderRecord | 'not_found'> {
  if (!isProviderId(providerCallId)) return 'not_found';
  const path = `/call/${encodeURIComponent(providerCallId)}`;
  try {
    const answer = await askVapi(account, { method: 'GET', path, timeoutMs: FETCH_TIMEOUT_MS });
    if (answer.status === 404) return 'not_found';
    if (!isSuccess(answer.status)) {
      throw new ProviderOutage('vapi', `HTTP ${answer.status}`, answer.status);
    }
    const record = vapiRecord(parsed('vapi', answer.text));
    if (record === undefined) throw new ProviderOutage('vapi', 'the answer is no call');
    return record;
  } catch (error) {
    throw outage('vapi', error);
  }
}
