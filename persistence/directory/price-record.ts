/** What the directory stores about one price. */
import type { Price } from '../../engine/index.ts';
import { micros } from '../../engine/index.ts';

export type PriceBook = 'retail' | 'wholesale';

/** How the platform's own prices are keyed in the table, where a primary key allows no null. */
export const PLATFORM_OWNER = '';

export interface ServicePrice {
  /** Whose book it is in; null for the platform's defaults. */
  organizationId: string | null;
  book: PriceBook;
  service: string;
  /** What one unit is: `minute`, `segment`, `document`... */
  unit: string;
  /** Micros per minute, 0 to 10^9; null for a price by the unit. */
  rateMicrosPerMinute: number | null;
  /** Micros per unit; null for a price by the minute. */
  unitPriceMicros: number | null;
  /** The first billed step in seconds, then the further ones: `60/60` is 60 and 60. */
  initialSeconds: number;
  subsequentSeconds: number;
  /** Bills milliseconds; the two steps do not apply. */
  exact: boolean;
  connectionFeeMicros: number;
  minimumMicros: number;
  currency: string;
  updatedAt: Date;
}

export interface PriceRow {
  organization_id: string;
  book: PriceBook;
  service: string;
  unit: string;
  rate_micros_per_minute: number | null;
  unit_price_micros: number | null;
  initial_seconds: number;
  subsequent_seconds: number;
  exact: boolean;
  connection_fee_micros: number;
  minimum_micros: number;
  currency: string;
  updated_at: Date;
}

/** The price as the engine pins it into a hold. Undefined for a price by the unit. */
export function callPrice(price: ServicePrice): Price | undefined {
  if (price.rateMicrosPerMinute === null) {
    return undefined;
  }
  return {
    rateMicrosPerMinute: micros(price.rateMicrosPerMinute),
    initialMs: price.exact ? 0 : price.initialSeconds * 1000,
    subsequentMs: price.exact ? 0 : price.subsequentSeconds * 1000,
    connectionFeeMicros: micros(price.connectionFeeMicros),
    minimumMicros: micros(price.minimumMicros),
  };
}

export function priceFromRow(row: PriceRow): ServicePrice {
  return {
    organizationId: row.organization_id === PLATFORM_OWNER ? null : row.organization_id,
    book: row.book,
    service: row.service,
    unit: row.unit,
    rateMicrosPerMinute: row.rate_micros_per_minute,
    unitPriceMicros: row.unit_price_micros,
    initialSeconds: row.initial_seconds,
    subsequentSeconds: row.subsequent_seconds,
    exact: row.exact,
    connectionFeeMicros: row.connection_fee_micros,
    minimumMicros: row.minimum_micros,
    currency: row.currency,
    updatedAt: row.updated_at,
  };
}
