/** Which organization a provider's assistant, agent, phone number or account belongs to. */
import type { Sql } from '../connect.ts';
import { jsonText, objectCell } from './cells.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { ReadCache } from './read-cache.ts';

export type BindingKind = 'assistant' | 'agent' | 'phone_number' | 'account';

export interface ProviderBinding {
  provider: string;
  kind: BindingKind;
  externalId: string;
  organizationId: string;
  /** Charged instead of the default wallet. */
  walletId: string | null;
  /** What an adapter needs to answer, such as the assistant that takes a number's calls. */
  metadata: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date;
}

export type NewProviderBinding = Pick<
  ProviderBinding,
  'provider' | 'kind' | 'externalId' | 'organizationId'
> & { walletId?: string | undefined; metadata?: Record<string, unknown> | undefined };

export type BindAnswer =
  | { status: 'bound'; binding: ProviderBinding }
  /** Another organization has it; which one is not told. */
  | { status: 'bound_elsewhere' };

interface BindingRow {
  provider: string;
  kind: BindingKind;
  external_id: string;
  organization_id: string;
  wallet_id: string | null;
  metadata: unknown;
  created_at: Date;
  updated_at: Date;
}

export class ProviderBindings {
  readonly #sql: Sql;
  readonly #feed: ChangeFeed;
  readonly #cache: ReadCache<ProviderBinding>;

  constructor(sql: Sql, feed: ChangeFeed) {
    this.#sql = sql;
    this.#feed = feed;
    this.#cache = feed.cache('provider_binding');
  }

  /**
   * Sets a binding, or replaces the one that the same organization has.
   *
   * `takingFrom` names another organization it may be taken from: who may do that is the caller's
   * to decide, and comparing in the statement keeps the decision true until it is carried out.
   */
  async put(binding: NewProviderBinding, takingFrom?: string): Promise<BindAnswer> {
    const { provider, kind, externalId } = binding;
    const rows = await this.#feed.write((tx, changed) => {
      changed('provider_binding', bindingKey(provider, kind, externalId));
      return tx<BindingRow[]>`
        insert into provider_bindings
          (provider, kind, external_id, organization_id, wallet_id, metadata)
        values (${provider}, ${kind}, ${externalId}, ${binding.organizationId},
          ${binding.walletId ?? null}, ${jsonText(binding.metadata ?? {})}::text::jsonb)
        on conflict (provider, kind, external_id) do update set
          organization_id = excluded.organization_id, wallet_id = excluded.wallet_id,
          metadata = excluded.metadata, updated_at = now()
          where provider_bindings.organization_id
            in (excluded.organization_id, ${takingFrom ?? binding.organizationId})
        returning *`;
    });
    const [row] = rows;
    return row === undefined
      ? { status: 'bound_elsewhere' }
      : { status: 'bound', binding: fromRow(row) };
  }

  /** Undefined when the external id is bound to nobody. Cached. */
  find(
    provider: string,
    kind: BindingKind,
    externalId: string,
  ): Promise<ProviderBinding | undefined> {
    return this.#cache.read(bindingKey(provider, kind, externalId), async () => {
      const [row] = await this.#sql<BindingRow[]>`
        select * from provider_bindings
        where provider = ${provider} and kind = ${kind} and external_id = ${externalId}`;
      return row && fromRow(row);
    });
  }
}

function bindingKey(provider: string, kind: BindingKind, externalId: string): string {
  return `${provider}:${kind}:${externalId}`;
}

function fromRow(row: BindingRow): ProviderBinding {
  return {
    provider: row.provider,
    kind: row.kind,
    externalId: row.external_id,
    organizationId: row.organization_id,
    walletId: row.wallet_id,
    metadata: objectCell(row.metadata),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
