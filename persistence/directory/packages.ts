/** What is for sale to whom. A package is never changed but taken off sale: top-ups name it. */
import { newId } from '../../engine/index.ts';
import type { Sql } from '../connect.ts';
import { onlyRow } from './cells.ts';
import type { Write } from './change-feed.ts';
import { type Page, type PageRequest, rowsToAsk, toPage } from './page.ts';

export interface TopUpPackage {
  id: string;
  /** Whose customers may buy it: the organization's and those below; null: everybody's. */
  organizationId: string | null;
  name: string;
  priceMicros: number;
  priceCurrency: string;
  creditMicros: number;
  walletCurrency: string;
  bonusMicros: number;
  active: boolean;
}

export type NewTopUpPackage = Omit<TopUpPackage, 'id' | 'active'>;

interface PackageRow {
  id: string;
  organization_id: string | null;
  name: string;
  price_micros: number;
  price_currency: string;
  credit_micros: number;
  wallet_currency: string;
  bonus_micros: number;
  active: boolean;
}

export class Packages {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  creating(input: NewTopUpPackage): Write<TopUpPackage> {
    return async (tx) => {
      const rows = await tx<PackageRow[]>`
        insert into top_up_packages (id, organization_id, name, price_micros, price_currency,
          credit_micros, wallet_currency, bonus_micros)
        values (${newId('pkg')}, ${input.organizationId}, ${input.name}, ${input.priceMicros},
          ${input.priceCurrency}, ${input.creditMicros}, ${input.walletCurrency},
          ${input.bonusMicros})
        returning *`;
      return fromRow(onlyRow(rows));
    };
  }

  async get(id: string): Promise<TopUpPackage | undefined> {
    const [row] = await this.#sql<PackageRow[]>`select * from top_up_packages where id = ${id}`;
    return row && fromRow(row);
  }

  /** Takes it off sale; orders that were made stay as they are. */
  async withdraw(id: string): Promise<TopUpPackage | undefined> {
    const [row] = await this.#sql<PackageRow[]>`
      update top_up_packages set active = false where id = ${id} returning *`;
    return row && fromRow(row);
  }

  /** On sale to an organization whose ancestors are `chain` (itself included), newest first. */
  async list(
    request: PageRequest & { chain: readonly string[] | undefined },
  ): Promise<Page<TopUpPackage>> {
    const sql = this.#sql;
    const { chain, startingAfter } = request;
    const rows = await sql<PackageRow[]>`
      select * from top_up_packages
      where active and ${chain === undefined ? sql`true` : sql`(organization_id is null or organization_id = any(${[...chain]}))`}
        and ${startingAfter === undefined ? sql`true` : sql`id < ${startingAfter}`}
      order by id desc limit ${rowsToAsk(request.limit)}`;
    return toPage(rows.map(fromRow), request.limit);
  }
}

function fromRow(row: PackageRow): TopUpPackage {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    priceMicros: row.price_micros,
    priceCurrency: row.price_currency,
    creditMicros: row.credit_micros,
    walletCurrency: row.wallet_currency,
    bonusMicros: row.bonus_micros,
    active: row.active,
  };
}
