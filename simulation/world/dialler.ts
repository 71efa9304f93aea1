/**
 * Places the calls of a world, in two ways:
 *
 *   by Ringfence    POST /v1/calls/{call_id}/dial, repeated until it is answered
 *   by a dialler    as an agency would write one: it asks Ringfence whether the call may be made,
 *                   places it at the provider with the limit and the metadata it was told, and tells
 *                   Ringfence the provider's id
 *
 * Neither dials twice: a call whose provider does not say whether it placed it is left to be found by
 * its metadata, or, at Twilio where there is none, looked for by the dialler.
 */
import {
  createRetellClient,
  createTwilioClient,
  createVapiClient,
  type ProviderClient,
} from '../../kill-switch/index.ts';
import { type Answer, type Client, codeOf } from '../acceptance/client.ts';
import { RETELL_KEY } from '../acceptance/ringfence.ts';
import { inParallel } from './in-parallel.ts';
import { twilioCallTo } from './look-up.ts';
import type { ProviderName } from './options.ts';
import type { PlannedCall } from './plan.ts';
import { type SimulatedProvider, TWILIO_ACCOUNT, TWILIO_TOKEN, VAPI_API_KEY } from './providers.ts';
import type { Tenant } from './tenants.ts';

/** What became of the dialling so far. */
export interface DialFigures {
  /** Authorized, whatever became of the call at its provider. */
  authorized: number;
  placed: number;
  /** The provider did not say; the call may exist. */
  unknown: number;
  /** By Ringfence, by error code; by a provider, as `provider`. */
  readonly refused: Record<string, number>;
}

/** All of a small world: whoever is dialled late finds the money of its wallet talked away. */
const AT_ONCE = 32;
const PATIENCE_MS = 60_000;
const RETRY_MS = 100;
const OWN_NUMBER = '+14155550142';

export class Dialler {
  readonly figures: DialFigures = { authorized: 0, placed: 0, unknown: 0, refused: {} };
  readonly #client: Client;
  readonly #clients: ReadonlyMap<ProviderName, ProviderClient>;
  readonly #urls: ReadonlyMap<ProviderName, string>;

  /** @param publicUrl where Twilio's callbacks go */
  constructor(client: Client, providers: readonly SimulatedProvider[], publicUrl: string) {
    this.#client = client;
    this.#urls = new Map(providers.map(({ name, url }) => [name, url]));
    this.#clients = new Map(
      providers.map(({ name, url }) => [name, clientOf(name, url, publicUrl)]),
    );
  }

  /** Dials every call of every tenant, wallet after wallet. */
  async dialAll(tenants: readonly Tenant[]): Promise<void> {
    const calls = tenants.flatMap((tenant) =>
      tenant.planned.calls.map((call) => ({ tenant, call })),
    );
    await inParallel(calls, AT_ONCE, ({ tenant, call }) => this.#dial(tenant, call));
  }

  async #dial(tenant: Tenant, call: PlannedCall): Promise<void> {
    if (call.placedBy === 'ringfence') await this.#byRingfence(tenant, call);
    else await this.#byDialler(tenant, call);
  }

  async #byRingfence(tenant: Tenant, { callId, to, provider }: PlannedCall): Promise<void> {
    const { organizationId, walletId } = tenant;
    const order = { organization_id: organizationId, wallet_id: walletId, provider, to };
    const body = { ...order, ...agentFields(provider) };
    const path = `/v1/calls/${callId}/dial`;
    const answer = await this.#settled(() => this.#client.post(path, body, null));
    if (answer.status !== 201 && answer.status !== 202) return this.#refuse(nameOf(answer));
    this.figures.authorized += 1;
    if (answer.status === 201) this.figures.placed += 1;
    else this.figures.unknown += 1;
  }

  async #byDialler(tenant: Tenant, { callId, to, provider }: PlannedCall): Promise<void> {
    const { organizationId, walletId } = tenant;
    const body = {
      call_id: callId,
      organization_id: organizationId,
      wallet_id: walletId,
      provider,
      destination: to,
    };
    const answer = await this.#settled(() => this.#client.post('/v1/calls', body, null));
    if (answer.status !== 201) return this.#refuse(nameOf(answer));
    this.figures.authorized += 1;
    const result = await this.#clients.get(provider)?.create({
      to,
      ...fromAt(provider),
      capSeconds: Number(answer.body.provider_cap_seconds),
      metadata: answer.body.provider_metadata as Record<string, unknown>,
    });
    if (result?.status === 'created') {
      this.figures.placed += 1;
      await this.#link(tenant, callId, provider, result.providerCallId, result.controlUrl);
    } else if (result?.status === 'unknown') {
      this.figures.unknown += 1;
      const url = provider === 'twilio' ? this.#urls.get(provider) : undefined;
      const sid = url && (await twilioCallTo(url, to));
      if (sid !== undefined) await this.#link(tenant, callId, provider, sid, undefined);
    } else {
      this.#refuse('provider');
    }
  }

  async #link(
    { organizationId }: Tenant,
    callId: string,
    provider: ProviderName,
    providerCallId: string,
    controlUrl: string | undefined,
  ): Promise<void> {
    const link = {
      provider,
      provider_call_id: providerCallId,
      ...(controlUrl === undefined ? {} : { control: { url: controlUrl } }),
    };
    const path = `/v1/calls/${callId}/link?organization_id=${organizationId}`;
    const linked = await this.#settled(() => this.#client.post(path, link, null));
    if (linked.status !== 200) this.#refuse(`link ${nameOf(linked)}`);
  }

  /** Asks again while Ringfence is away or recovering: every request here may be repeated. */
  async #settled(send: () => Promise<Answer>): Promise<Answer> {
    const untilMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await send();
      const away = answer.status === 0 || answer.status === 503;
      if (!away || performance.now() > untilMs) return answer;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  #refuse(why: string): void {
    this.figures.refused[why] = (this.figures.refused[why] ?? 0) + 1;
  }
}

function clientOf(name: ProviderName, baseUrl: string, publicUrl: string): ProviderClient {
  switch (name) {
    case 'vapi':
      return createVapiClient({ apiKey: VAPI_API_KEY, baseUrl, development: true });
    case 'retell':
      return createRetellClient({ apiKey: RETELL_KEY, baseUrl });
    case 'twilio': {
      const account = { accountSid: TWILIO_ACCOUNT, authToken: TWILIO_TOKEN };
      return createTwilioClient({ ...account, baseUrl, publicUrl });
    }
  }
}

function nameOf(answer: Answer): string {
  return codeOf(answer) || `HTTP ${answer.status}`;
}

/** The same in the words of the dial route. */
function agentFields(provider: ProviderName): Record<string, string> {
  const { from, agent } = fromAt(provider);
  switch (provider) {
    case 'vapi':
      return { phone_number_id: from, assistant_id: agent };
    case 'retell':
      return { from, agent_id: agent };
    case 'twilio':
      return { from, url: agent };
  }
}

function fromAt(provider: ProviderName): { from: string; agent: string } {
  switch (provider) {
    case 'vapi':
      return { from: 'number-of-the-simulation', agent: 'assistant-of-the-simulation' };
    case 'retell':
      return { from: OWN_NUMBER, agent: 'agent_of_the_simulation' };
    case 'twilio':
      return { from: OWN_NUMBER, agent: 'https://agents.example.com/desk.xml' };
  }
}
