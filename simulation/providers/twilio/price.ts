/** Ten-thousandths of a US dollar. */
const CALL_MINUTE = 140;
const SEGMENT = 83;
const UNIT_MICROS = 100;

/** By the started minute. */
export function callCostMicros(seconds: number): number {
  return Math.ceil(seconds / 60) * CALL_MINUTE * UNIT_MICROS;
}

export function messageCostMicros(segments: number): number {
  return segments * SEGMENT * UNIT_MICROS;
}

/** Twilio writes what it charges as a negative amount with five decimals. */
export function priceText(costMicros: number): string {
  return `-${(costMicros / 1_000_000).toFixed(5)}`;
}
