/**
 * API keys: made once, shown once, found by their hash.
 *
 * A key carries 256 random bits, so there is nothing to guess and a plain SHA-256 is enough: a slow
 * hash protects weak secrets and would only make every request slow. Postgres compares the hash by
 * an index, never the key itself, so the time of the answer says nothing about a key.
 */
import { hash, randomBytes } from 'node:crypto';
import { newId } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { onlyRow } from './cells.ts';
import type { ChangeFeed, Write } from './change-feed.ts';
import { type Page, type PageRequest, rowsToAsk, toPage } from './page.ts';
import type { ReadCache } from './read-cache.ts';

export type ApiKeyRole = 'platform' | 'agency' | 'organization' | 'finance';

export interface ApiKey {
  id: string;
  /** Null for a key of the platform itself. */
  organizationId: string | null;
  role: ApiKeyRole;
  name: string;
  /** The first characters of the key, enough to recognize it in a list. */
  prefix: string;
  createdAt: Date;
  revokedAt: Date | null;
}

export interface NewApiKey {
  organizationId: string | null;
  role: ApiKeyRole;
  name: string;
}

export interface MadeApiKey {
  apiKey: ApiKey;
  /** The key itself. */
  key: string;
}

interface ApiKeyRow {
  id: string;
  organization_id: string | null;
  role: ApiKeyRole;
  name: string;
  prefix: string;
  hash: Buffer;
  created_at: Date;
  revoked_at: Date | null;
}

const KEY_PATTERN = /^rf_(live|test)_[A-Za-z0-9_-]{43}$/;
const PREFIX_LENGTH = 'rf_live_'.length + 6;

export class ApiKeys {
  readonly #sql: Sql;
  readonly #feed: ChangeFeed;
  readonly #mode: 'live' | 'test';
  readonly #cache: ReadCache<ApiKey>;

  constructor(sql: Sql, feed: ChangeFeed, mode: 'live' | 'test') {
    this.#sql = sql;
    this.#feed = feed;
    this.#mode = mode;
    this.#cache = feed.cache('api_key');
  }

  /** Makes a key. `key` is the only time that its text exists outside of its owner's hands. */
  create(input: NewApiKey): Promise<MadeApiKey> {
    return this.#feed.write(this.creating(input));
  }

  /** The same as a write for somebody else's transaction. */
  creating(input: NewApiKey): Write<MadeApiKey> {
    return async (tx, changed) => {
      const key = `rf_${this.#mode}_${randomBytes(32).toString('base64url')}`;
      const digest = hashOf(key);
      changed('api_key', digest);
      const rows = await tx<ApiKeyRow[]>`
        insert into api_keys (id, organization_id, role, name, prefix, hash)
        values (${newId('key')}, ${input.organizationId}, ${input.role}, ${input.name},
          ${key.slice(0, PREFIX_LENGTH)}, ${Buffer.from(digest, 'hex')})
        returning *`;
      return { apiKey: fromRow(onlyRow(rows)), key };
    };
  }

  /**
   * The key that was presented, if it exists and is not revoked. Cached by its hash.
   * @param digest its SHA-256 in hex, where somebody has it already
   */
  async find(presented: string, digest = hashOf(presented)): Promise<ApiKey | undefined> {
    if (!KEY_PATTERN.test(presented)) {
      return undefined;
    }
    return await this.#cache.read(digest, async () => {
      const [row] = await this.#sql<ApiKeyRow[]>`
        select * from api_keys where hash = ${Buffer.from(digest, 'hex')} and revoked_at is null`;
      return row && fromRow(row);
    });
  }

  /** One key by its id, revoked or not; for management, not cached. */
  async get(id: string): Promise<ApiKey | undefined> {
    const [row] = await this.#sql<ApiKeyRow[]>`select * from api_keys where id = ${id}`;
    return row && fromRow(row);
  }

  /** Newest first, revoked ones included; of one organization, or all. */
  async list(
    request: PageRequest & { organizationId?: string | undefined },
  ): Promise<Page<ApiKey>> {
    const sql = this.#sql;
    const { organizationId, startingAfter } = request;
    const rows = await sql<ApiKeyRow[]>`
      select * from api_keys
      where ${organizationId === undefined ? sql`true` : sql`organization_id = ${organizationId}`}
        and ${startingAfter === undefined ? sql`true` : sql`id < ${startingAfter}`}
      order by id desc limit ${rowsToAsk(request.limit)}`;
    return toPage(rows.map(fromRow), request.limit);
  }

  /** Ends a key at once, here and in every other process; a second time changes nothing. */
  async revoke(id: string): Promise<ApiKey | undefined> {
    const rows = await this.#feed.write(async (tx, changed) => {
      const revoked = await tx<ApiKeyRow[]>`
        update api_keys set revoked_at = coalesce(revoked_at, now()) where id = ${id} returning *`;
      for (const row of revoked) {
        changed('api_key', row.hash.toString('hex'));
      }
      return revoked;
    });
    return rows[0] && fromRow(rows[0]);
  }
}

/** In hex. */
function hashOf(key: string): string {
  return hash('sha256', key);
}

function fromRow(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    organizationId: row.organization_id,
    role: row.role,
    name: row.name,
    prefix: row.prefix,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}
