/** Dials at all three providers: the application with a simulator of each, and orders to give. */
import { expect } from 'vitest';
import type { Provider } from '../../../kill-switch/index.ts';
import { type CallsDesk, callsDesk, SECOND } from './calls-desk.ts';
import {
  ACCOUNT_SID,
  PROVIDER_KEYS,
  type SimulatedProvider,
  simulatedProvider,
} from './simulator.ts';

export const PROVIDERS = ['vapi', 'retell', 'twilio'] as const;
export const DEPOSIT = 1000 * SECOND;
/** Nobody listens there: a test that wants a callback posts it. */
export const PUBLIC_URL = 'http://127.0.0.1:9';

const AGENTS: Readonly<Record<Provider, object>> = {
  vapi: { phone_number_id: 'number', assistant_id: 'assistant' },
  retell: { from: '+14155550142', agent_id: 'agent_1' },
  twilio: { from: '+14155550142', url: 'https://agents.example.com/desk.xml' },
};

export interface Dialling {
  organizationId: string;
  walletId: string;
  callId: string;
  to: string;
  /** Dials, always the same call. */
  dial(fields?: object): ReturnType<CallsDesk['post']>;
  call(): Promise<Record<string, unknown>>;
  /** At the provider. */
  placed(): ReturnType<SimulatedProvider['calls']>;
}

export interface DialStage {
  desk: CallsDesk;
  simulators: Readonly<Record<Provider, SimulatedProvider>>;
  /** A call to be dialled, of an organization of its own. */
  dialling(provider: Provider, depositMicros?: number): Promise<Dialling>;
  /** The platform's own account. */
  account(provider: Provider): ReturnType<typeof accountOf>;
  stop(): Promise<void>;
}

export async function dialStage(): Promise<DialStage> {
  const [vapi, retell, twilio] = await Promise.all(PROVIDERS.map(simulatedProvider));
  if (!vapi || !retell || !twilio) throw new Error('a simulator is missing');
  const simulators = { vapi, retell, twilio };
  const desk = await callsDesk({
    VAPI_API_KEY: PROVIDER_KEYS.vapi,
    VAPI_BASE_URL: vapi.url,
    RETELL_API_KEY: PROVIDER_KEYS.retell,
    RETELL_BASE_URL: retell.url,
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: PROVIDER_KEYS.twilio,
    TWILIO_BASE_URL: twilio.url,
    RINGFENCE_PUBLIC_URL: PUBLIC_URL,
    RINGFENCE_ALLOW_LOCAL_PROVIDERS: '1',
  });
  let numbers = 0;
  return {
    desk,
    simulators,
    account: (provider) => accountOf(desk, provider),
    async dialling(provider, depositMicros = DEPOSIT) {
      const payer = await desk.payer(depositMicros);
      const callId = desk.newId();
      const to = `+1415556${String(numbers++).padStart(4, '0')}`;
      const { organizationId: organization_id } = payer;
      const order = { provider, organization_id, to, ...AGENTS[provider] };
      const path = `/v1/calls/${callId}`;
      return {
        ...payer,
        callId,
        to,
        dial: (fields = {}) => desk.post(`${path}/dial`, { ...order, ...fields }),
        placed: () => simulators[provider].calls(to),
        async call() {
          const asked = `${path}?organization_id=${organization_id}`;
          return (await desk.app.request('GET', asked)).body;
        },
      };
    },
    async stop() {
      await desk.app.stop();
      await Promise.all(Object.values(simulators).map((one) => one.stop()));
    },
  };
}

async function accountOf({ app }: CallsDesk, provider: Provider) {
  const accounts = await app.core.clients.accounts();
  const own = accounts.find(
    ({ client, organizationId }) => client.provider === provider && organizationId === '',
  );
  if (own === undefined) throw new Error(`no account at ${provider}`);
  return own;
}

export const until = (read: () => unknown) => expect.poll(read, { timeout: 60_000, interval: 100 });
