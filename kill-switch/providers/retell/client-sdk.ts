/** Retell's SDK over our own bounded exchange, without its retries: they could dial twice. */
import Retell from 'retell-sdk';
import {
  CREATE_TIMEOUT_MS,
  FETCH_TIMEOUT_MS,
  LIST_PAGE_TIMEOUT_MS,
  ProviderOutage,
  PUSH_TIMEOUT_MS,
} from '../client.ts';
import { exchange, NoAnswer } from '../http/exchange.ts';
import { outage } from '../http/readings.ts';

export interface RetellAccount {
  readonly apiKey: string;
  readonly baseUrl: string;
}

/** One SDK client for each kind of request: they differ in their time limit. */
export interface RetellSdk {
  readonly push: Retell;
  /** A push that must not arrive twice. */
  readonly pushOnce: Retell;
  readonly fetch: Retell;
  readonly list: Retell;
  readonly create: Retell;
}

export function createRetellSdk(account: RetellAccount): RetellSdk {
  return {
    push: sdk(account, PUSH_TIMEOUT_MS, true),
    pushOnce: sdk(account, PUSH_TIMEOUT_MS, false),
    fetch: sdk(account, FETCH_TIMEOUT_MS, true),
    list: sdk(account, LIST_PAGE_TIMEOUT_MS, true),
    create: sdk(account, CREATE_TIMEOUT_MS, false),
  };
}

/** The SDK's own limit ends when the headers are in, so it only stands behind ours. */
const BACKSTOP_MS = 1_000;

function sdk(account: RetellAccount, timeoutMs: number, repeatable: boolean): Retell {
  return new Retell({
    apiKey: account.apiKey,
    baseURL: account.baseUrl,
    maxRetries: 0,
    timeout: timeoutMs + BACKSTOP_MS,
    // Its debug log shows headers.
    logLevel: 'off',
    fetch: async (input, init) => {
      const answer = await exchange({
        method: init?.method ?? 'GET',
        url: new URL(String(input)),
        headers: Object.fromEntries(new Headers(init?.headers ?? {})),
        body: typeof init?.body === 'string' ? init.body : undefined,
        timeoutMs,
        repeatable,
      });
      const type = answer.headers['content-type'];
      return new Response(answer.text === '' ? null : answer.text, {
        status: answer.status,
        headers: type === undefined ? {} : { 'content-type': type },
      });
    },
  });
}

/** What the SDK threw: the status and body of an answer, or the want of one. */
export type RetellFailure =
  | { readonly status: number; readonly body: unknown }
  | { readonly status: undefined; readonly silence: unknown };

/** Sorts an error of the SDK. Anything that is not an answer is given back to be judged. */
export function failureOf(error: unknown): RetellFailure {
  if (error instanceof Retell.APIConnectionError) {
    return { status: undefined, silence: error.cause instanceof NoAnswer ? error.cause : error };
  }
  if (error instanceof Retell.APIError && typeof error.status === 'number') {
    return { status: error.status, body: error.error };
  }
  // A 2xx whose body is not what it says to be.
  if (error instanceof SyntaxError) {
    return { status: undefined, silence: new NoAnswer('the answer is not JSON', true, false) };
  }
  return { status: undefined, silence: error };
}

/** The outage that an error of the SDK stands for. Errors of our own making are thrown on. */
export function retellOutage(error: unknown): ProviderOutage {
  if (error instanceof ProviderOutage) return error;
  const failure = failureOf(error);
  if (failure.status === undefined) return outage('retell', failure.silence);
  return new ProviderOutage('retell', `HTTP ${failure.status}`, failure.status);
}
