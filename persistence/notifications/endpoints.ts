/** Where events go: outgoing webhooks and people's mailboxes. Secrets come and go sealed. */
import { newId, RequestError } from '../../engine/index.ts';
import type { Sql, Transaction } from '../connect.ts';
import { onlyRow } from '../directory/cells.ts';
import type { Write } from '../directory/change-feed.ts';
import { subtree } from '../directory/organizations.ts';
import { type Page, type PageRequest, rowsToAsk, toPage } from '../directory/page.ts';
import type { NotificationChannel } from '../schema/notifications.ts';
import { transaction } from '../transaction.ts';

export interface NotificationEndpoint {
  id: string;
  channel: NotificationChannel;
  /** Null: the platform's own, for the events of everybody. */
  organizationId: string | null;
  /** A URL, or a mail address. */
  target: string;
  description: string;
  /** Types, `noun.*`, or `*`. */
  events: string[];
  includeDescendants: boolean;
  status: 'enabled' | 'disabled';
  disabledReason: string | null;
  /** Of a webhook: its signing secrets, sealed. */
  sealed: Buffer | null;
  /** Since the last success. */
  failures: number;
  failingSince: Date | null;
  lastSuccessAt: Date | null;
  createdAt: Date;
}

export type NewNotificationEndpoint = Pick<
  NotificationEndpoint,
  'channel' | 'organizationId' | 'target' | 'description' | 'events' | 'includeDescendants'
> & {
  id: string;
  sealed: Buffer | null;
};

/** What is undefined stays. */
export interface EndpointChanges {
  target?: string | undefined;
  description?: string | undefined;
  events?: string[] | undefined;
  includeDescendants?: boolean | undefined;
  status?: NotificationEndpoint['status'] | undefined;
}

interface EndpointRow {
  id: string;
  channel: NotificationChannel;
  organization_id: string | null;
  target: string;
  description: string;
  events: string[];
  include_descendants: boolean;
  status: 'enabled' | 'disabled';
  disabled_reason: string | null;
  sealed: Buffer | null;
  failures: number;
  failing_since: Date | null;
  last_success_at: Date | null;
  created_at: Date;
}

export interface EndpointListRequest extends PageRequest {
  channel: NotificationChannel;
  organizationId?: string | undefined;
  /** An organization and all below it. */
  within?: string | undefined;
}

/** Of one channel and organization: each event goes to every one of them. */
export const ENDPOINTS_MAX = 50;

export class NotificationEndpoints {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The id is made before the row: what is sealed is sealed for it. */
  newId(channel: NotificationChannel): string {
    return newId(channel === 'webhook' ? 'whk' : 'eml');
  }

  /** The write throws RequestError when the organization has as many of the channel as it may. */
  creating(input: NewNotificationEndpoint): Write<NotificationEndpoint> {
    return async (tx) => {
      await refuseTooMany(tx, input);
      const rows = await tx<EndpointRow[]>`
        insert into notification_endpoints
          (id, channel, organization_id, target, description, events, include_descendants, sealed)
        values (${input.id}, ${input.channel}, ${input.organizationId}, ${input.target},
          ${input.description}, ${input.events}::text[], ${input.includeDescendants},
          ${input.sealed})
        returning *`;
      return endpointFromRow(onlyRow(rows));
    };
  }

  async get(id: string): Promise<NotificationEndpoint | undefined> {
    const [row] = await this.#sql<EndpointRow[]>`
      select * from notification_endpoints where id = ${id}`;
    return row && endpointFromRow(row);
  }

  /** Enabling an endpoint lets it start anew: nothing of its past failures counts. */
  async change(id: string, changes: EndpointChanges): Promise<NotificationEndpoint | undefined> {
    const { target, description, events, includeDescendants, status } = changes;
    const [row] = await this.#sql<EndpointRow[]>`
      update notification_endpoints set
        target = coalesce(${target ?? null}, target),
        description = coalesce(${description ?? null}, description),
        events = coalesce(${events ?? null}::text[], events),
        include_descendants = coalesce(${includeDescendants ?? null}::boolean, include_descendants),
        status = coalesce(${status ?? null}, status),
        disabled_reason = case coalesce(${status ?? null}, status)
          when 'enabled' then null else coalesce(disabled_reason, 'by request') end,
        failures = case when ${status === 'enabled'} then 0 else failures end,
        unreachable = case when ${status === 'enabled'} then 0 else unreachable end,
        failing_since = case when ${status === 'enabled'} then null else failing_since end,
        quiet_until = case when ${status === 'enabled'} then null else quiet_until end,
        asked_until = case when ${status === 'enabled'} then null else asked_until end,
        updated_at = now()
      where id = ${id} returning *`;
    return row && endpointFromRow(row);
  }

  /** Puts other secrets in place of those there are; of several at once each sees the one before. */
  reseal(
    id: string,
    change: (sealed: Buffer) => Buffer,
  ): Promise<NotificationEndpoint | undefined> {
    return transaction(this.#sql, async (tx) => {
      const [before] = await tx<{ sealed: Buffer | null }[]>`
        select sealed from notification_endpoints where id = ${id} for update`;
      if (before?.sealed == null) return undefined;
      const [row] = await tx<EndpointRow[]>`
        update notification_endpoints set sealed = ${change(before.sealed)}, updated_at = now()
        where id = ${id} returning *`;
      return row && endpointFromRow(row);
    });
  }

  /** False when there was none. Its deliveries go with it. */
  async remove(id: string): Promise<boolean> {
    const rows = await this.#sql`delete from notification_endpoints where id = ${id} returning 1`;
    return rows.length > 0;
  }

  /** Newest first. */
  async list(request: EndpointListRequest): Promise<Page<NotificationEndpoint>> {
    const sql = this.#sql;
    const { channel, organizationId, within, startingAfter } = request;
    const rows = await sql<EndpointRow[]>`
      select * from notification_endpoints
      where channel = ${channel}
        and ${organizationId === undefined ? sql`true` : sql`organization_id = ${organizationId}`}
        and ${within === undefined ? sql`true` : sql`organization_id in (${subtree(sql, within)})`}
        and ${startingAfter === undefined ? sql`true` : sql`id < ${startingAfter}`}
      order by id desc limit ${rowsToAsk(request.limit)}`;
    return toPage(rows.map(endpointFromRow), request.limit);
  }
}

/** Of several at once each sees the one before. */
async function refuseTooMany(
  tx: Transaction,
  { organizationId, channel }: NewNotificationEndpoint,
): Promise<void> {
  await tx`select 1 from organizations where id = ${organizationId} for no key update`;
  const [row] = await tx<{ present: number }[]>`
    select count(*) as present from notification_endpoints
    where organization_id is not distinct from ${organizationId} and channel = ${channel}`;
  if ((row?.present ?? 0) < ENDPOINTS_MAX) return;
  const what = channel === 'webhook' ? 'webhook endpoints' : 'e-mail recipients';
  const message = `There are ${ENDPOINTS_MAX} ${what} of this organization, and may be no more.`;
  throw new RequestError('invalid_request', message);
}

export function endpointFromRow(row: EndpointRow): NotificationEndpoint {
  return {
    id: row.id,
    channel: row.channel,
    organizationId: row.organization_id,
    target: row.target,
    description: row.description,
    events: row.events,
    includeDescendants: row.include_descendants,
    status: row.status,
    disabledReason: row.disabled_reason,
    sealed: row.sealed,
    failures: row.failures,
    failingSince: row.failing_since,
    lastSuccessAt: row.last_success_at,
    createdAt: row.created_at,
  };
}
