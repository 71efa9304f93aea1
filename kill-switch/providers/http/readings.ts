/** What an HTTP answer, or none, means for an order, a dial and a question. */
import { type DialResult, ProviderOutage, type PushResult } from '../client.ts';
import type { Provider } from '../event.ts';
import { at, listAt } from '../json.ts';
import { NoAnswer } from './exchange.ts';

const SENTENCE_MAX = 200;

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Statuses after which the same request may succeed: the fault is the provider's, or the pace. */
function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

export function pushResult(status: number): PushResult {
  if (isSuccess(status)) return { status: 'accepted' };
  return { status: 'refused', httpStatus: status, retryable: isPassing(status) };
}

/** A push that was not answered. Errors of our own making are thrown on. */
export function pushFailure(error: unknown): PushResult {
  if (error instanceof NoAnswer) return { status: 'unreachable' };
  throw error;
}

/**
 * A dial that was answered without success. Only a 4xx says that there is no call; 408 is a timeout
 * at the provider, and redirects and 5xx may come after the call was placed.
 */
export function dialFailure(status: number, sentence: string): DialResult {
  const why = sentence === '' ? `HTTP ${status}` : `HTTP ${status}: ${sentence}`;
  const certain = status >= 400 && status < 500 && status !== 408;
  return certain ? { status: 'refused', why, httpStatus: status } : { status: 'unknown', why };
}

/** A dial that was not answered: refused if it certainly never left, else unknown. */
export function dialSilence(error: unknown): DialResult {
  if (!(error instanceof NoAnswer)) throw error;
  return { status: error.sent ? 'unknown' : 'refused', why: error.message };
}

/** The outage behind a failed question. Errors of our own making are thrown on. */
export function outage(provider: Provider, error: unknown): ProviderOutage {
  if (error instanceof ProviderOutage) return error;
  if (error instanceof NoAnswer) return new ProviderOutage(provider, error.message);
  throw error;
}

/** JSON from a provider. @throws ProviderOutage when it is none: half an answer is no answer. */
export function parsed(provider: Provider, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProviderOutage(provider, 'the answer is not JSON');
  }
}

/** The provider's own explanation of an error, shortened, without the secrets we sent. */
export function sentenceOf(body: unknown, secrets: readonly string[]): string {
  const message = at(body, 'message');
  const lines = Array.isArray(message) ? listAt(body, 'message') : [message];
  const text = lines.filter((line) => typeof line === 'string').join('; ');
  const named = secrets.filter((secret) => secret !== '');
  const clean = named.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return clean.replaceAll(/\p{Cc}+/gu, ' ').slice(0, SENTENCE_MAX);
}

/** What a provider's id may look like; anything else is not asked for. */
export function isProviderId(id: string): boolean {
  return /^[\w.:-]{1,128}$/.test(id) && !/^\.+$/.test(id);
}
