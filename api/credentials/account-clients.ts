/**
 * Who speaks to a provider for whom: an organization's own account, else that of the nearest
 * organization above it, else the platform's. The nearest one places calls; all of them are asked
 * about a call, because credentials may have come or gone since it was placed.
 */
import {
  createRetellClient,
  createTwilioClient,
  createVapiClient,
  type Provider,
  type ProviderAccount,
  type ProviderClient,
  type ProviderClients,
  severalAccounts,
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

interface Joined {
  readonly accounts: readonly ProviderAccount[];
  readonly client: ProviderClient;
}

export function createAccountClients(options: AccountClientsOptions): AccountClients {
  const { platform, book, places } = options;
  const clients = new Map<string, { readonly of: string; readonly client: Made }>();
  const joined = new WeakMap<ProviderClient, Joined>();
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

  /** Nearest first, the platform's last. */
  async function accountsFor(provider: Provider, organizationId: string) {
    const accounts: ProviderAccount[] = [];
    if (await book.anyAt(provider)) {
      for (const { id } of await options.chain(organizationId)) {
        const credentials = await book.find(id, provider);
        const client = credentials && clientOf(credentials);
        if (client !== undefined) accounts.push({ client, organizationId: id });
      }
    }
    const client = await platform.clientFor(provider, organizationId);
    if (client !== undefined) accounts.push({ client, organizationId: '' });
    return accounts;
  }

  /** The same accounts are the same client, which has its own list under way. */
  function together(accounts: readonly ProviderAccount[]): Made {
    const [nearest, ...others] = accounts;
    if (nearest === undefined) return undefined;
    if (others.length === 0 && nearest.organizationId === '') return nearest.client;
    const known = joined.get(nearest.client);
    if (known !== undefined && isSame(known.accounts, accounts)) return known.client;
    const client = severalAccounts([nearest, ...others]);
    joined.set(nearest.client, { accounts, client });
    return client;
  }

  async function list(): Promise<readonly ProviderAccount[]> {
    const own = (await book.all()).flatMap((credentials) => {
      const client = clientOf(credentials);
      return client === undefined ? [] : [{ client, organizationId: credentials.organizationId }];
    });
    return [...(await platform.accounts()), ...own];
  }

  return {
    accountFor: async (provider, organizationId) =>
      (await accountsFor(provider, organizationId))[0],
    async clientFor(name, organizationId) {
      const provider = PROVIDERS.find((known) => known === name);
      return provider && together(await accountsFor(provider, organizationId));
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

function isSame(some: readonly ProviderAccount[], others: readonly ProviderAccount[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ client }, place) => client === others[place]?.client)
  );
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
