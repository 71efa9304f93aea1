/** Cents per second in ten-millionths: the products are fractions of a micro, their sum is not. */
const PRODUCTS = [
  { product: 'elevenlabs_tts', rate: 1_166_667 },
  { product: 'gpt_4_1', rate: 750_000 },
  { product: 'us_telephony', rate: 250_000 },
  { product: 'background_voice_cancellation', rate: 83_333 },
] as const;
const TRANSFER_RATE = 250_000;
const ANALYSIS = 1_000_000;
const UNITS_PER_CENT = 10_000_000;
const UNITS_PER_MICRO = 1_000;

/**
 * What Retell charges, in fractional cents, with its parts.
 * @param talked.durationMs with the agent; charged by the started second.
 * @param talked.transferMs what the person talked on without the agent.
 * @param talked.analyzed whether what comes after the call is in it.
 */
export function retellCosts(talked: {
  readonly durationMs: number;
  readonly transferMs: number;
  readonly analyzed: boolean;
}) {
  const seconds = Math.ceil(talked.durationMs / 1_000);
  const transferSeconds = Math.ceil(talked.transferMs / 1_000);
  const cents = (units: number) => units / UNITS_PER_CENT;
  const lines: { product: string; units: number; rate?: number; leg?: true }[] = [];
  if (seconds > 0) {
    lines.push(...PRODUCTS.map(({ product, rate }) => ({ product, rate, units: rate * seconds })));
    if (talked.analyzed) lines.push({ product: 'gpt_5_nano_text_testing', units: ANALYSIS });
  }
  if (transferSeconds > 0) {
    const units = TRANSFER_RATE * transferSeconds;
    lines.push({ product: 'us_telephony', rate: TRANSFER_RATE, units, leg: true });
  }
  const total = lines.reduce((sum, { units }) => sum + units, 0);
  const perSecond = PRODUCTS.reduce((sum, { rate }) => sum + rate, 0);
  return {
    costMicros: total / UNITS_PER_MICRO,
    callCost: {
      product_costs: lines.map(({ product, units, rate, leg }) => ({
        product,
        ...(rate === undefined ? {} : { unit_price: cents(rate) }),
        cost: cents(units),
        ...(leg ? { is_transfer_leg_cost: true } : {}),
      })),
      total_duration_seconds: seconds,
      total_duration_unit_price: seconds > 0 ? cents(perSecond) : 0,
      combined_cost: cents(total),
    },
  };
}
