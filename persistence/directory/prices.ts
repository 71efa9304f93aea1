/**
 * Prices and their inheritance.
 *
 * retail: what an organization pays. Its own price, else the nearest ancestor's (an agency's retail
 * price is its clients' default), else the platform's. wholesale: what an agency pays per unit its
 * clients use; only its own rows count. The nearest price decides even if its currency is not the
 * one asked for: falling through to a farther book would charge by a price nobody set for this
 * organization.
 *
 * Books are cached whole per organization: they are small, and inheritance asks several of them.
 */
import { BugError } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { onlyRow } from './cells.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { Organizations } from './organizations.ts';
import { type Page, rowsToAsk, toPage } from './page.ts';
import {
  PLATFORM_OWNER,
  type PriceBook,
  type PriceRow,
  priceFromRow,
  type ServicePrice,
} from './price-record.ts';
import type { ReadCache } from './read-cache.ts';

/** Services per organization and book that are read; a book beyond it is refused, not cut. */
const BOOK_SIZE_MAX = 2_000;

export class Prices {
  readonly #sql: Sql;
  readonly #feed: ChangeFeed;
  readonly #organizations: Organizations;
  readonly #cache: ReadCache<Map<string, ServicePrice>>;

  constructor(sql: Sql, feed: ChangeFeed, organizations: Organizations) {
    this.#sql = sql;
    this.#feed = feed;
    this.#organizations = organizations;
    this.#cache = feed.cache('prices');
  }

  /** Sets one price; a price already there is replaced whole. */
  async put(price: Omit<ServicePrice, 'updatedAt'>): Promise<ServicePrice> {
    const owner = price.organizationId ?? PLATFORM_OWNER;
    const rows = await this.#feed.write((tx, changed) => {
      changed('prices', owner);
      return tx<PriceRow[]>`
        insert into prices (organization_id, book, service, unit, rate_micros_per_minute,
          unit_price_micros, initial_seconds, subsequent_seconds, exact, connection_fee_micros,
          minimum_micros, currency)
        values (${owner}, ${price.book}, ${price.service}, ${price.unit},
          ${price.rateMicrosPerMinute}, ${price.unitPriceMicros}, ${price.initialSeconds},
          ${price.subsequentSeconds}, ${price.exact}, ${price.connectionFeeMicros},
          ${price.minimumMicros}, ${price.currency})
        on conflict (organization_id, book, service) do update set
          unit = excluded.unit, rate_micros_per_minute = excluded.rate_micros_per_minute,
          unit_price_micros = excluded.unit_price_micros,
          initial_seconds = excluded.initial_seconds,
          subsequent_seconds = excluded.subsequent_seconds, exact = excluded.exact,
          connection_fee_micros = excluded.connection_fee_micros,
          minimum_micros = excluded.minimum_micros, currency = excluded.currency,
          updated_at = now()
        returning *`;
    });
    return priceFromRow(onlyRow(rows));
  }

  /**
   * The price that applies; undefined when there is none, or when the one that applies is in
   * another currency than the one asked for. Cached.
   */
  async priceFor(
    organizationId: string,
    service: string,
    book: PriceBook,
    currency?: string,
  ): Promise<ServicePrice | undefined> {
    const price =
      book === 'wholesale'
        ? (await this.#book(organizationId)).get(priceKey(book, service))
        : await this.#retail(organizationId, service);
    return currency === undefined || price?.currency === currency ? price : undefined;
  }

  /** True when the agency has any wholesale price: then every service its clients use needs one. */
  async hasWholesale(agencyId: string): Promise<boolean> {
    const book = await this.#book(agencyId);
    return [...book.values()].some((price) => price.book === 'wholesale');
  }

  /** The rows that one organization (null: the platform) set itself, by book and service. */
  async list(request: {
    organizationId: string | null;
    limit: number;
    startingAfter?: { book: PriceBook; service: string } | undefined;
  }): Promise<Page<ServicePrice>> {
    const sql = this.#sql;
    const after = request.startingAfter;
    const rows = await sql<PriceRow[]>`
      select * from prices where organization_id = ${request.organizationId ?? PLATFORM_OWNER}
        and ${
          after === undefined ? sql`true` : sql`(book, service) > (${after.book}, ${after.service})`
        }
      order by book, service limit ${rowsToAsk(request.limit)}`;
    return toPage(rows.map(priceFromRow), request.limit);
  }

  async #retail(organizationId: string, service: string): Promise<ServicePrice | undefined> {
    const chain = await this.#organizations.chain(organizationId);
    for (const owner of [...chain.map((organization) => organization.id), PLATFORM_OWNER]) {
      const price = (await this.#book(owner)).get(priceKey('retail', service));
      if (price !== undefined) {
        return price;
      }
    }
    return undefined;
  }

  async #book(owner: string): Promise<Map<string, ServicePrice>> {
    const book = await this.#cache.read(owner, async () => {
      const rows = await this.#sql<PriceRow[]>`
        select * from prices where organization_id = ${owner} limit ${BOOK_SIZE_MAX + 1}`;
      if (rows.length > BOOK_SIZE_MAX) {
        throw new BugError(`a price book holds more than ${BOOK_SIZE_MAX} prices`);
      }
      return new Map(rows.map((row) => [priceKey(row.book, row.service), priceFromRow(row)]));
    });
    return book ?? new Map();
  }
}

function priceKey(book: PriceBook, service: string): string {
  return `${book} ${service}`;
}
