/**
 * Who speaks to a provider for whom: an organization's own account, else that of the nearest
 * organization above it, else the platform's.
 */
import {
  createRetellClient,
  createTwilioClient,
  createVapiClient,
  type Provider,
  type ProviderAccount,
  type ProviderClient,
  type ProviderClients,
} from '../../kill-switch/index.ts';
import type { CredentialBook, StoredCredentials } from './credential-book.ts';

/** Where the providers are, and what their clients need to know of us. */
export interface ProviderPlaces {
  readonly vapiUrl: string;
  readonly retellUrl: string;
  readonly twilioUrl: string;
  readonly publicUrl: string | undefined;
  /** Control addresses may be on this machine. */
  readonly local: boolean;
}

export interface AccountClients extends ProviderClients {
  /** The account that places and ends the calls of this organization; undefined if there is none. */
  accountFor(provider: Provider, organizationId: string): Promise<ProviderAccount | undefined>;
}

export interface AccountClientsOptions {
  readonly platform: ProviderClients;
  readonly book: CredentialBook;
  readonly places: ProviderPlaces;
  /** The organization and its ancestors, nearest first. */
  readonly chain: (organizationId: string) => Promise<readonly { readonly id: string }[]>;
}

const CLIENTS_MAX = 1_000;
/** The reconciler asks for all accounts again and again. */
const ACCOUNTS_FRESH_MS = 5_000;
const PROVIDERS: readonly Provider[] = ['vapi', 'retell', 'twilio'];

type Made = ProviderClient | undefined;

export function createAccountClients(options: AccountClientsOptions): AccountClients {
  const { platform, book, places } = options;
  const clients = new Map<string, { readonly of: string; readonly client: Made }>();
  let listed:
    | { readonly accounts: Promise<readonly ProviderAccount[]>; untilMs: number }
    | undefined;

  function clientOf(credentials: StoredCredentials): ProviderClient | undefined {
    const key = `${credentials.provider} ${credentials.organizationId}`;
    // New secrets get a new client.
    const of = JSON.stringify(credentials.secrets ?? null);
    const known = clients.get(key);
    if (known?.of === of) return known.client;
    const client = createClient(credentials, places);
    clients.delete(key);
    clients.set(key, { of, client });
    const oldest = clients.size > CLIENTS_MAX ? clients.keys().next() : undefined;
    if (oldest && !oldest.done) clients.delete(oldest.value);
    return client;
  }

  async function accountFor(provider: Provider, organizationId: string) {
    if (await book.anyAt(provider)) {
      for (const { id } of await options.chain(organizationId)) {
        const credentials = await book.find(id, provider);
        const client = credentials && clientOf(credentials);
        if (client !== undefined) return { client, organizationId: id };
      }
    }
    const client = await platform.clientFor(provider, organizationId);
    return client && { client, organizationId: '' };
  }

  async function list(): Promise<readonly ProviderAccount[]> {
    const own = (await book.all()).flatMap((credentials) => {
      const client = clientOf(credentials);
      return client === undefined ? [] : [{ client, organizationId: credentials.organizationId }];
    });
    return [...(await platform.accounts()), ...own];
  }

  return {
    accountFor,
    async clientFor(name, organizationId) {
      const provider = PROVIDERS.find((known) => known === name);
      return provider && (await accountFor(provider, organizationId))?.client;
    },
    accounts() {
      const nowMs = performance.now();
      if (listed === undefined || nowMs >= listed.untilMs) {
        const accounts = list();
        const mine = { accounts, untilMs: nowMs + ACCOUNTS_FRESH_MS };
        listed = mine;
        accounts.catch(() => {
          if (listed === mine) listed = undefined;
        });
      }
      return listed.accounts;
    },
  };
}

/** Undefined when the credentials are for webhooks alone, or cannot be opened. */
function createClient(
  { provider, secrets }: StoredCredentials,
  places: ProviderPlaces,
): ProviderClient | undefined {
  const { apiKey, accountSid, authToken } = secrets ?? {};
  switch (provider) {
    case 'vapi':
      if (apiKey === undefined) return undefined;
      return createVapiClient({ apiKey, baseUrl: places.vapiUrl, development: places.local });
    case 'retell':
      if (apiKey === undefined) return undefined;
      return createRetellClient({ apiKey, baseUrl: places.retellUrl });
    case 'twilio': {
      if (accountSid === undefined || authToken === undefined) return undefined;
      const { twilioUrl: baseUrl, publicUrl } = places;
      return createTwilioClient({ accountSid, authToken, baseUrl, publicUrl });
    }
  }
}
