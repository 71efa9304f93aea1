/** Which client speaks for whom. */
import type { ProviderClient } from './client.ts';

/** An account at a provider, with the client that speaks for it. */
export interface ProviderAccount {
  readonly client: ProviderClient;
  /** Whose account; empty for the platform's own. */
  readonly organizationId: string;
}

export interface ProviderClients {
  /**
   * Speaks for the calls of this organization, in whatever account they are; undefined when nobody has
   * credentials for it. Its records say whose account they are of.
   */
  clientFor(provider: string, organizationId: string): Promise<ProviderClient | undefined>;
  /** Every account whose calls can be listed. */
  accounts(): Promise<readonly ProviderAccount[]>;
}

/** The platform's own accounts, at most one of each provider, which speak for everybody. */
export function platformClients(clients: readonly ProviderClient[]): ProviderClients {
  const byProvider = new Map<string, ProviderClient>(
    clients.map((client) => [client.provider, client]),
  );
  const accounts = clients.map((client) => ({ client, organizationId: '' }));
  return {
    clientFor: async (provider) => byProvider.get(provider),
    accounts: async () => accounts,
  };
}
