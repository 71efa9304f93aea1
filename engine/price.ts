// The price function, in plain TypeScript: the model of lua/lib/price.lua, for quotes and for tests.

/** A call's price. Durations are ms; `initialMs` 0 bills exact milliseconds. */
export interface Price {
  /** 0 to 10^9 micros per minute. */
  readonly rateMicrosPerMinute: number;
  readonly initialMs: number;
  readonly subsequentMs: number;
  readonly connectionFeeMicros: number;
  readonly minimumMicros: number;
}

export const FREE: Price = {
  rateMicrosPerMinute: 0,
  initialMs: 0,
  subsequentMs: 0,
  connectionFeeMicros: 0,
  minimumMicros: 0,
};

const MINUTE_MS = 60_000;
const MINUTES_MAX = 1_000_000_000;

/** The duration that is billed for `ms` of talk: up to the first increment, then in steps. */
export function billedMs(price: Price, ms: number): number {
  const { initialMs, subsequentMs } = price;
  if (initialMs === 0) return ms;
  if (ms <= initialMs) return initialMs;
  return initialMs + Math.ceil((ms - initialMs) / subsequentMs) * subsequentMs;
}

/** Price in micros of `ms` of talk; an unanswered or 0 ms call costs 0. */
export function priceOf(price: Price, ms: number): number {
  if (ms <= 0) return 0;
  const billed = billedMs(price, ms);
  const minutes = Math.floor(billed / MINUTE_MS);
  const rest = billed - minutes * MINUTE_MS;
  const rate = price.rateMicrosPerMinute;
  const time = rate * minutes + Math.ceil((rate * rest) / MINUTE_MS);
  return Math.max(price.minimumMicros, price.connectionFeeMicros + time);
}

/** The longest talk (ms) that `money` pays for; 2^53-1 when it can pay for ever. */
export function coveredMs(price: Price, money: number): number {
  if (priceOf(price, 1) > money) return 0;
  const rate = price.rateMicrosPerMinute;
  if (rate === 0) return Number.MAX_SAFE_INTEGER;
  const budget = money - price.connectionFeeMicros;
  const rest = budget % rate;
  const minutes = (budget - rest) / rate;
  if (minutes > MINUTES_MAX) return Number.MAX_SAFE_INTEGER;
  const ms = minutes * MINUTE_MS + Math.floor((rest * MINUTE_MS) / rate);
  const { initialMs, subsequentMs } = price;
  if (initialMs === 0) return ms;
  if (ms < initialMs) return 0;
  return initialMs + Math.floor((ms - initialMs) / subsequentMs) * subsequentMs;
}

export function isFree(price: Price): boolean {
  return (
    price.rateMicrosPerMinute === 0 && price.connectionFeeMicros === 0 && price.minimumMicros === 0
  );
}
