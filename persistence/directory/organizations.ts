/**
 * Organizations: the tree platform -> agency -> client.
 *
 * An organization's parent never changes (its partition hangs on its root), and a parent exists
 * before its children, so the tree has no cycles by construction.
 */

import { newId } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { jsonText, onlyRow } from './cells.ts';
import type { ChangeFeed, Write } from './change-feed.ts';
import {
  type NewOrganization,
  type Organization,
  type OrganizationChanges,
  type OrganizationRow,
  organizationFromRow,
} from './organization-record.ts';
import { type Page, type PageRequest, rowsToAsk, toPage } from './page.ts';
import type { ReadCache } from './read-cache.ts';

/** How many organizations a chain from a client to its root may have. */
export const ORGANIZATION_DEPTH_MAX = 8;

export type CreateOrganizationAnswer =
  | { status: 'created'; organization: Organization }
  | { status: 'parent_not_found' }
  | { status: 'too_deep'; depthMax: number };

/** The refusals are those of `create`; a parent never goes away, so they hold in the write too. */
export type CreatingOrganization =
  | { status: 'ready'; write: Write<Organization> }
  | Exclude<CreateOrganizationAnswer, { status: 'created' }>;

export type PatchOrganizationAnswer =
  | { status: 'patched'; organization: Organization }
  | { status: 'organization_not_found' }
  | { status: 'parent_change_refused' };

export class Organizations {
  readonly #sql: Sql;
  readonly #feed: ChangeFeed;
  readonly #cache: ReadCache<Organization>;

  constructor(sql: Sql, feed: ChangeFeed) {
    this.#sql = sql;
    this.#feed = feed;
    this.#cache = feed.cache('organization');
  }

  /** One organization; undefined when there is none. Cached. */
  get(id: string): Promise<Organization | undefined> {
    return this.#cache.read(id, async () => {
      const [row] = await this.#sql<
        OrganizationRow[]
      >`select * from organizations where id = ${id}`;
      return row && organizationFromRow(row);
    });
  }

  /** The organization and its ancestors, nearest first; empty when it does not exist. Cached. */
  async chain(id: string): Promise<Organization[]> {
    const found: Organization[] = [];
    for (let next: string | null = id; next !== null && found.length < ORGANIZATION_DEPTH_MAX; ) {
      const organization = await this.get(next);
      if (organization === undefined) {
        return [];
      }
      found.push(organization);
      next = organization.parentId;
    }
    return found;
  }

  /** True when `id` lies strictly below `ancestorId`. Cached. */
  async isDescendant(ancestorId: string, id: string): Promise<boolean> {
    const [, ...ancestors] = await this.chain(id);
    return ancestors.some((ancestor) => ancestor.id === ancestorId);
  }

  async create(input: NewOrganization): Promise<CreateOrganizationAnswer> {
    const prepared = await this.creating(input);
    if (prepared.status !== 'ready') {
      return prepared;
    }
    return { status: 'created', organization: await this.#feed.write(prepared.write) };
  }

  /** Checks what can be checked before, and answers the write for somebody else's transaction. */
  async creating(input: NewOrganization): Promise<CreatingOrganization> {
    const ancestors = input.parentId === undefined ? [] : await this.chain(input.parentId);
    const parent = ancestors[0];
    if (input.parentId !== undefined && parent === undefined) {
      return { status: 'parent_not_found' };
    }
    if (ancestors.length >= ORGANIZATION_DEPTH_MAX) {
      return { status: 'too_deep', depthMax: ORGANIZATION_DEPTH_MAX };
    }
    return { status: 'ready', write: inserting(input, parent) };
  }

  async patch(id: string, changes: OrganizationChanges): Promise<PatchOrganizationAnswer> {
    const current = await this.get(id);
    if (current === undefined) {
      return { status: 'organization_not_found' };
    }
    if (changes.parentId !== undefined && changes.parentId !== current.parentId) {
      return { status: 'parent_change_refused' };
    }
    const callPolicy = changes.callPolicy ? jsonText(changes.callPolicy) : null;
    const metadata = changes.metadata ? jsonText(changes.metadata) : null;
    const rows = await this.#feed.write((tx, changed) => {
      changed('organization', id);
      return tx<OrganizationRow[]>`
        update organizations set
          name = coalesce(${changes.name ?? null}, name),
          billing_enabled = coalesce(${changes.billingEnabled ?? null}, billing_enabled),
          call_policy = coalesce(${callPolicy}::text::jsonb, call_policy),
          metadata = coalesce(${metadata}::text::jsonb, metadata),
          updated_at = now()
        where id = ${id} returning *`;
    });
    return { status: 'patched', organization: organizationFromRow(onlyRow(rows)) };
  }

  /** Newest first. `within` keeps to one organization and everything below it. */
  async list(request: PageRequest & { within?: string | undefined }): Promise<Page<Organization>> {
    const sql = this.#sql;
    const { within, startingAfter } = request;
    const rows = await sql<OrganizationRow[]>`
      select * from organizations
      where ${within === undefined ? sql`true` : sql`id in (${subtree(sql, within)})`}
        and ${startingAfter === undefined ? sql`true` : sql`id < ${startingAfter}`}
      order by id desc limit ${rowsToAsk(request.limit)}`;
    return toPage(rows.map(organizationFromRow), request.limit);
  }
}

function inserting(input: NewOrganization, parent: Organization | undefined): Write<Organization> {
  const id = newId('org');
  return async (tx, changed) => {
    changed('organization', id);
    const rows = await tx<OrganizationRow[]>`
      insert into organizations
        (id, parent_id, root_id, name, billing_enabled, call_policy, metadata)
      values (${id}, ${parent?.id ?? null}, ${parent?.rootId ?? id}, ${input.name},
        ${input.billingEnabled ?? true}, ${jsonText(input.callPolicy ?? {})}::text::jsonb,
        ${jsonText(input.metadata ?? {})}::text::jsonb)
      returning *`;
    return organizationFromRow(onlyRow(rows));
  };
}

/** The ids of one organization and its descendants, as a subquery. */
export function subtree(sql: Sql, organizationId: string) {
  return sql`
    with recursive below (id) as (
      select ${organizationId}::text
      union all
      select child.id from organizations child join below on child.parent_id = below.id
    ) select id from below`;
}
