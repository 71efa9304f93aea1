/** A plain HTTP client of the API, as a careful caller would write one. */
import { waitUntil } from '../../scripts/processes.mjs';

export interface Answer {
  /** 0 when the connection broke and nobody knows what happened. */
  status: number;
  body: Record<string, unknown>;
  /** The body as it came, to compare answers to the byte. */
  text: string;
  replayed: boolean;
  /** When it was asked for, epoch ms. */
  sentAtMs: number;
}

export interface Client {
  get(path: string): Promise<Answer>;
  /** `key` becomes the Idempotency-Key; without one, a fresh key is made. `null` sends none. */
  post(path: string, body: unknown, key?: string | null): Promise<Answer>;
  put(path: string, body: unknown): Promise<Answer>;
  /** Sends the text as it is. */
  raw(path: string, text: string, headers: Readonly<Record<string, string>>): Promise<Answer>;
}

/** Longer than the server waits for the ledger. */
const TIMEOUT_MS = 120_000;

let keys = 0;

/** A key that no run has used before. */
export function freshKey(prefix: string): string {
  keys += 1;
  return `${prefix}-${Date.now().toString(36)}-${process.pid}-${keys}`;
}

export function createClient(baseUrl: string, apiKey: string): Client {
  async function send(method: string, path: string, text?: string, headers = {}): Promise<Answer> {
    const sentAtMs = Date.now();
    try {
      const response = await fetch(`${baseUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(text !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(text !== undefined && { body: text }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const answer = await response.text();
      return {
        status: response.status,
        body: parsed(answer),
        text: answer,
        replayed: response.headers.get('idempotency-replayed') === 'true',
        sentAtMs,
      };
    } catch {
      return { status: 0, body: {}, text: '', replayed: false, sentAtMs };
    }
  }
  return {
    get: (path) => send('GET', path),
    post: (path, body, key = freshKey('k')) =>
      send('POST', path, JSON.stringify(body), key === null ? {} : { 'idempotency-key': key }),
    put: (path, body) => send('PUT', path, JSON.stringify(body)),
    raw: (path, text, headers) => send('POST', path, text, headers),
  };
}

const PATIENCE_MS = 60_000;
const AGAIN_MS = 100;

/** The answer to what is asked again, under its own key, while nobody answers or is asked for patience. */
export async function settled(send: () => Promise<Answer>): Promise<Answer> {
  let answer = await send();
  const isSettled = async () => {
    if (answer.status !== 0 && answer.status !== 503) return true;
    answer = await send();
    return false;
  };
  await waitUntil(isSettled, PATIENCE_MS, AGAIN_MS);
  return answer;
}

function parsed(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}

/** The error code of an answer, '' when it is none. */
export function codeOf(answer: Answer): string {
  const { error } = answer.body;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

/** The figures that came with a refusal. */
export function detailsOf(answer: Answer): Record<string, unknown> {
  const { error } = answer.body;
  if (typeof error !== 'object' || error === null || !('details' in error)) return {};
  return typeof error.details === 'object' ? { ...error.details } : {};
}

/** @throws Error with the whole answer unless its status is the expected one. */
export function expected(status: number, what: string, answer: Answer): Record<string, unknown> {
  if (answer.status === status) return answer.body;
  throw new Error(`${what}: ${answer.status} instead of ${status}: ${answer.text.slice(0, 500)}`);
}
