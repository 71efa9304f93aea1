/** Amounts and durations as a person reads them. */

const UNIT_MICROS = 1_000_000;

/** Micros as a decimal without trailing zeros, at least two digits: `0.75 usd`. The sign is dropped. */
export function amountText(micros: number, currency: string): string {
  const absolute = Math.abs(micros);
  const whole = Math.floor(absolute / UNIT_MICROS);
  const fraction = String(absolute % UNIT_MICROS).padStart(6, '0');
  const digits = fraction.replace(/0{1,4}$/, '');
  return `${whole}.${digits} ${currency}`.trimEnd();
}

/** Milliseconds as seconds, to the millisecond: `97.25 s`. */
export function secondsText(ms: number): string {
  return `${Math.round(ms) / 1000} s`;
}

/** The time of day (UTC) of a moment given in RFC 3339: `06:00:04.250`. */
export function clockText(instant: unknown): string {
  return typeof instant === 'string' ? instant.slice(11, 23) : 'an unknown time';
}
