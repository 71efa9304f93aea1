/** Organizations' own credentials at their providers: sealed in the database, open only in here. */
import type { Log, Provider, VapiScheme } from '../../kill-switch/index.ts';
import type { ProviderCredentials, SealedCredentials } from '../../persistence/index.ts';
import { Problem } from '../http/problem.ts';
import type { Sealer } from './sealer.ts';

/** What one account of one organization needs. */
export interface ProviderSecrets {
  readonly apiKey?: string | undefined;
  readonly accountSid?: string | undefined;
  readonly authToken?: string | undefined;
  /** Two while one is being rotated out. */
  readonly webhookSecrets: readonly string[];
  readonly scheme?: VapiScheme | undefined;
}

export interface StoredCredentials {
  readonly organizationId: string;
  readonly provider: Provider;
  /** Undefined when they were sealed under a key that is gone. */
  readonly secrets: ProviderSecrets | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface CredentialBook {
  /** @throws Problem secret_key_missing */
  put(
    organizationId: string,
    provider: Provider,
    secrets: ProviderSecrets,
  ): Promise<StoredCredentials>;
  find(organizationId: string, provider: Provider): Promise<StoredCredentials | undefined>;
  /** Those who say that this Twilio account is theirs. */
  withAccount(accountSid: string): Promise<readonly StoredCredentials[]>;
  all(): Promise<readonly StoredCredentials[]>;
  /** False when nobody has any there: there is no need to look for somebody's. */
  anyAt(provider: Provider): Promise<boolean>;
  remove(organizationId: string, provider: Provider): Promise<boolean>;
}

export function createCredentialBook(
  credentials: ProviderCredentials,
  sealer: Sealer,
  log: Log,
): CredentialBook {
  /** The directory hands out the same row until it changes: each is opened once. */
  const opened = new WeakMap<SealedCredentials, StoredCredentials>();

  function open(row: SealedCredentials): StoredCredentials {
    const known = opened.get(row);
    if (known !== undefined) return known;
    const { organizationId, createdAt, updatedAt } = row;
    const provider = row.provider as Provider;
    const text = sealer.open(row.sealed, placeOf(organizationId, provider));
    if (text === undefined) {
      const fields = { organization_id: organizationId, provider };
      log.error(
        fields,
        'credentials cannot be opened: RINGFENCE_SECRET_KEY is not what sealed them',
      );
    }
    // Sealed by `put` and authenticated: it has the shape it was given.
    const secrets = text === undefined ? undefined : (JSON.parse(text) as ProviderSecrets);
    const stored = { organizationId, provider, secrets, createdAt, updatedAt };
    opened.set(row, stored);
    return stored;
  }

  return {
    async put(organizationId, provider, secrets) {
      if (!sealer.usable) throw new Problem('secret_key_missing');
      const sealed = sealer.seal(JSON.stringify(secrets), placeOf(organizationId, provider));
      const accountSid = secrets.accountSid ?? null;
      return open(await credentials.put({ organizationId, provider, sealed, accountSid }));
    },
    async find(organizationId, provider) {
      const row = await credentials.find(organizationId, provider);
      return row && open(row);
    },
    async withAccount(accountSid) {
      return (await credentials.withAccount(accountSid)).map(open);
    },
    async all() {
      return (await credentials.all()).map(open);
    },
    anyAt: (provider) => credentials.anyAt(provider),
    remove: (organizationId, provider) => credentials.remove(organizationId, provider),
  };
}

function placeOf(organizationId: string, provider: Provider): string {
  return `provider_credentials ${provider} ${organizationId}`;
}
