/** The prices, policies and amounts that a seeded world is made of. */
import { FREE, type HoldPolicy, type Price } from '../../engine/index.ts';

const PER_SECOND: Price = {
  rateMicrosPerMinute: 60_000,
  initialMs: 1_000,
  subsequentMs: 1_000,
  connectionFeeMicros: 0,
  minimumMicros: 0,
};

/** 1/1; 60/60; a fee; 6/6 with a minimum; exact at an odd rate; nothing. */
export const PRICES: readonly Price[] = [
  PER_SECOND,
  { ...PER_SECOND, initialMs: 60_000, subsequentMs: 60_000 },
  { ...PER_SECOND, connectionFeeMicros: 5_000 },
  { ...PER_SECOND, initialMs: 6_000, subsequentMs: 6_000, minimumMicros: 20_000 },
  { ...PER_SECOND, rateMicrosPerMinute: 70_001, initialMs: 0, subsequentMs: 0 },
  FREE,
];

const POLICY: HoldPolicy = {
  minimumMs: 60_000,
  quantumMs: 75_000,
  warnMs: 30_000,
  leadMs: 3_000,
  ringMs: 120_000,
  heartbeatMs: 300_000,
  endMessageMs: 0,
};

export const POLICIES: readonly HoldPolicy[] = [
  POLICY,
  { ...POLICY, minimumMs: 1_000, quantumMs: 5_000, warnMs: 0, leadMs: 0 },
  { ...POLICY, quantumMs: 30_000, leadMs: 15_000, ringMs: 30_000, heartbeatMs: 60_000 },
];

export const AMOUNTS = [
  0, 1, 999, 1_000, 20_000, 59_999, 60_000, 75_000, 150_500, 400_000,
] as const;
export const DURATIONS_MS = [0, 1, 999, 1_000, 30_000, 59_200, 60_001, 200_000, 900_000] as const;
export const DEPOSITS = [60_000, 240_000, 500_000, 1_000_000, 3_000_000] as const;
