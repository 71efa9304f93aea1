/**
 * Credentials of organizations at their own provider accounts. What is sealed in them is not opened
 * here: this file never sees a key or a secret.
 */
import type { Sql } from '../connect.ts';
import { onlyRow } from './cells.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { CacheLimits, ReadCache } from './read-cache.ts';

export interface SealedCredentials {
  organizationId: string;
  provider: string;
  sealed: Buffer;
  /** Of a Twilio account; null for the other providers. */
  accountSid: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export type NewSealedCredentials = Omit<SealedCredentials, 'createdAt' | 'updatedAt'>;

interface CredentialsRow {
  organization_id: string;
  provider: string;
  sealed: Buffer;
  account_sid: string | null;
  created_at: Date;
  updated_at: Date;
}

/** Every webhook asks for some, mostly in vain, and every change is told to all processes. */
const LIMITS: Partial<CacheLimits> = { ttlMs: 30_000, absentTtlMs: 30_000 };
/** The one key of a cache that has one record. */
const ALL = 'all';
/** Organizations that may claim the same Twilio account. */
const CLAIMS_MAX = 10;
/** Accounts that are reconciled; more are a matter of several installations. */
const ACCOUNTS_MAX = 10_000;

export class ProviderCredentials {
  readonly #sql: Sql;
  readonly #feed: ChangeFeed;
  readonly #cache: ReadCache<SealedCredentials>;
  readonly #claims: ReadCache<readonly SealedCredentials[]>;
  readonly #providers: ReadCache<ReadonlySet<string>>;

  constructor(sql: Sql, feed: ChangeFeed) {
    this.#sql = sql;
    this.#feed = feed;
    this.#cache = feed.cache('provider_credentials', LIMITS);
    this.#claims = feed.cache('provider_account', LIMITS);
    this.#providers = feed.cache('credentialed_providers', LIMITS);
  }

  /** Sets an organization's credentials at one provider, in place of those it had. */
  async put(credentials: NewSealedCredentials): Promise<SealedCredentials> {
    const { organizationId, provider, sealed, accountSid } = credentials;
    const rows = await this.#feed.write(async (tx, changed) => {
      const [before] = await tx<Pick<CredentialsRow, 'account_sid'>[]>`
        select account_sid from provider_credentials
        where provider = ${provider} and organization_id = ${organizationId} for update`;
      changed('provider_credentials', credentialsKey(organizationId, provider));
      changed('credentialed_providers', ALL);
      for (const sid of [before?.account_sid, accountSid]) {
        if (sid) changed('provider_account', sid);
      }
      return tx<CredentialsRow[]>`
        insert into provider_credentials (organization_id, provider, sealed, account_sid)
        values (${organizationId}, ${provider}, ${sealed}, ${accountSid})
        on conflict (provider, organization_id) do update
          set sealed = excluded.sealed, account_sid = excluded.account_sid, updated_at = now()
        returning *`;
    });
    return fromRow(onlyRow(rows));
  }

  /** Undefined when the organization has none of its own there. Cached. */
  find(organizationId: string, provider: string): Promise<SealedCredentials | undefined> {
    return this.#cache.read(credentialsKey(organizationId, provider), async () => {
      const [row] = await this.#sql<CredentialsRow[]>`
        select * from provider_credentials
        where provider = ${provider} and organization_id = ${organizationId}`;
      return row && fromRow(row);
    });
  }

  /** Whoever says that this Twilio account is theirs: it is proven by what it signs. Cached. */
  async withAccount(accountSid: string): Promise<readonly SealedCredentials[]> {
    const found = await this.#claims.read(accountSid, async () => {
      const rows = await this.#sql<CredentialsRow[]>`
        select * from provider_credentials where account_sid = ${accountSid}
        order by created_at limit ${CLAIMS_MAX}`;
      return rows.length === 0 ? undefined : rows.map(fromRow);
    });
    return found ?? [];
  }

  /** True when any organization has credentials of its own there. Cached. */
  async anyAt(provider: string): Promise<boolean> {
    const providers = await this.#providers.read(ALL, async () => {
      const rows = await this.#sql<Pick<CredentialsRow, 'provider'>[]>`
        select distinct provider from provider_credentials`;
      return new Set(rows.map((row) => row.provider));
    });
    return providers?.has(provider) === true;
  }

  /** Everybody's, oldest first. */
  async all(): Promise<SealedCredentials[]> {
    const rows = await this.#sql<CredentialsRow[]>`
      select * from provider_credentials order by created_at, organization_id, provider
      limit ${ACCOUNTS_MAX}`;
    return rows.map(fromRow);
  }

  /** False when there were none. */
  async remove(organizationId: string, provider: string): Promise<boolean> {
    const rows = await this.#feed.write(async (tx, changed) => {
      changed('provider_credentials', credentialsKey(organizationId, provider));
      changed('credentialed_providers', ALL);
      const removed = await tx<Pick<CredentialsRow, 'account_sid'>[]>`
        delete from provider_credentials
        where provider = ${provider} and organization_id = ${organizationId}
        returning account_sid`;
      const sid = removed[0]?.account_sid;
      if (sid) changed('provider_account', sid);
      return removed;
    });
    return rows.length > 0;
  }
}

function credentialsKey(organizationId: string, provider: string): string {
  return `${provider}:${organizationId}`;
}

function fromRow(row: CredentialsRow): SealedCredentials {
  return {
    organizationId: row.organization_id,
    provider: row.provider,
    sealed: row.sealed,
    accountSid: row.account_sid,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
