/** Twilio's SDK over our own bounded exchange, at the base URL of the configuration. */
import twilio, { type Twilio } from 'twilio';
import RequestClient from 'twilio/lib/base/RequestClient.js';
import {
  CREATE_TIMEOUT_MS,
  FETCH_TIMEOUT_MS,
  LIST_PAGE_TIMEOUT_MS,
  ProviderOutage,
  PUSH_TIMEOUT_MS,
} from '../client.ts';
import { exchange, NoAnswer } from '../http/exchange.ts';
import { at } from '../json.ts';

export interface TwilioAccount {
  /** Begins with AC. */
  readonly accountSid: string;
  readonly authToken: string;
  readonly baseUrl: string;
  /** Where Twilio reaches this server; without it a call that is placed reports nothing. */
  readonly publicUrl?: string | undefined;
}

/** One SDK client for each kind of request: they differ in their time limit. */
export interface TwilioSdk {
  readonly push: Twilio;
  readonly fetch: Twilio;
  readonly list: Twilio;
  readonly create: Twilio;
}

/** @throws Error when the account id is none */
export function createTwilioSdk(account: TwilioAccount): TwilioSdk {
  const sdk = (timeoutMs: number, repeatable: boolean) =>
    twilio(account.accountSid, account.authToken, {
      autoRetry: false,
      httpClient: new BoundedClient(account.baseUrl, timeoutMs, repeatable),
    });
  return {
    push: sdk(PUSH_TIMEOUT_MS, true),
    fetch: sdk(FETCH_TIMEOUT_MS, true),
    list: sdk(LIST_PAGE_TIMEOUT_MS, true),
    create: sdk(CREATE_TIMEOUT_MS, false),
  };
}

class BoundedClient extends RequestClient {
  readonly #base: URL;
  readonly #timeoutMs: number;
  readonly #repeatable: boolean;

  constructor(baseUrl: string, timeoutMs: number, repeatable: boolean) {
    super();
    this.#base = new URL(baseUrl);
    this.#timeoutMs = timeoutMs;
    this.#repeatable = repeatable;
  }

  override async request<TData>(options: RequestClient.RequestOptions) {
    const asked = new URL(options.uri);
    // `edge` and `region` can only choose among Twilio's own hosts.
    const url = new URL(this.#base.pathname.replace(/\/+$/, '') + asked.pathname, this.#base);
    url.search = String(form(options.params, [...asked.searchParams]));
    const credentials = `${options.username ?? ''}:${options.password ?? ''}`;
    const answer = await exchange({
      method: options.method.toUpperCase(),
      url,
      headers: {
        ...(options.headers as Record<string, string>),
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      },
      body: options.data === undefined ? undefined : String(form(options.data)),
      timeoutMs: this.#timeoutMs,
      repeatable: this.#repeatable,
    });
    // The SDK parses the text itself, whatever type it declares for the body.
    return {
      statusCode: answer.status,
      body: answer.text as TData,
      headers: answer.headers as Record<string, string>,
      toString: () => `HTTP ${answer.status}`,
    };
  }
}

function form(fields: object | undefined, given: [string, string][] = []): URLSearchParams {
  const pairs = Object.entries(fields ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((item) => item !== undefined)
      .map((item): [string, string] => [name, String(item)]),
  );
  return new URLSearchParams([...given, ...pairs]);
}

/** The status of the answer that the SDK threw, with its body; undefined when it had none. */
export function refusalOf(error: unknown): { status: number; body: unknown } | undefined {
  const status = at(error, 'status');
  if (!(error instanceof Error) || typeof status !== 'number') return undefined;
  return { status, body: { message: error.message } };
}

/**
 * What else the SDK throws: no answer, or one that it cannot read. Its errors for the latter have
 * no class of their own, so this is for errors of its requests only.
 */
export function silenceOf(error: unknown): NoAnswer {
  if (error instanceof NoAnswer) return error;
  return new NoAnswer('the answer cannot be read', true, false);
}

/** The outage that an error of a request of the SDK stands for. */
export function twilioOutage(error: unknown): ProviderOutage {
  const refusal = refusalOf(error);
  if (refusal === undefined) return new ProviderOutage('twilio', silenceOf(error).message);
  return new ProviderOutage('twilio', `HTTP ${refusal.status}`, refusal.status);
}
