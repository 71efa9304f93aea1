/**
 * The plan of a world: whose money, how much of it, and which calls it pays for. Everything is drawn
 * from the seed, so the same options plan the same world.
 */
import { type Price, priceOf } from '../../engine/index.ts';
import { Dice } from '../providers/exchange/dice.ts';
import type { Increment, ProviderName, WorldOptions } from './options.ts';

/** Awkward on purpose: a second costs 1,666.67 micros, and is rounded up. */
export const RETAIL_MICROS = 100_000;
export const WHOLESALE_MICROS = 70_000;
/** So many wallets, one belongs to a client of an agency, which pays wholesale for every call. */
const AGENCY_EVERY = 4;

export interface PlannedCall {
  readonly callId: string;
  /** The called number names the call at its provider: no two calls share one. */
  readonly to: string;
  readonly provider: ProviderName;
  /** Whether Ringfence places it, or a dialler that asks Ringfence first. */
  readonly placedBy: 'ringfence' | 'dialler';
}

export interface PlannedWallet {
  readonly name: string;
  readonly fundsMicros: number;
  /** What its agency has; undefined when it has none. */
  readonly agencyFundsMicros: number | undefined;
  readonly calls: readonly PlannedCall[];
}

/** How organizations of this world pace their calls; sparse, as the API takes it. */
export interface WorldPolicy {
  readonly minimum_seconds: number;
  readonly quantum_seconds: number;
  readonly warn_seconds: number;
  readonly cutoff_lead_seconds: number;
  readonly ring_timeout_seconds: number;
  readonly provider_cap: 'max_duration';
}

export interface Plan {
  readonly policy: WorldPolicy;
  readonly wallets: readonly PlannedWallet[];
}

const QUANTUM_SECONDS_MAX = 15;
const QUANTUM_SECONDS_MIN = 5;
/** The first wallet runs dry after this share of the time. */
const EARLIEST = 0.4;
const FIRST_NUMBER = 4_150_000_000;

export function priceAt(increment: Increment, rateMicrosPerMinute: number): Price {
  const seconds = Number(increment.split('/')[0]);
  const ms = seconds * 1000;
  return {
    rateMicrosPerMinute,
    initialMs: ms,
    subsequentMs: ms,
    connectionFeeMicros: 0,
    minimumMicros: 0,
  };
}

export function planWorld(options: WorldOptions): Plan {
  const { calls, wallets, seconds } = options;
  const quantum = Math.floor(seconds / 4);
  const policy: WorldPolicy = {
    minimum_seconds: QUANTUM_SECONDS_MIN,
    quantum_seconds: Math.min(QUANTUM_SECONDS_MAX, Math.max(QUANTUM_SECONDS_MIN, quantum)),
    warn_seconds: QUANTUM_SECONDS_MIN,
    cutoff_lead_seconds: 3,
    ring_timeout_seconds: 15,
    // What is left when a sibling ends may lengthen a call; a cap at the provider could not follow.
    provider_cap: 'max_duration',
  };
  let ordinal = 0;
  return {
    policy,
    wallets: Array.from({ length: wallets }, (_, n) => {
      const share = Math.floor(calls / wallets) + (n < calls % wallets ? 1 : 0);
      const planned = Array.from({ length: share }, () => planCall(options, ordinal++));
      return planWallet(options, policy, n, planned);
    }),
  };
}

function planCall({ providers, seed }: WorldOptions, ordinal: number): PlannedCall {
  const provider = providers[ordinal % providers.length] ?? 'vapi';
  const callId = `sim-${seed}-${String(ordinal).padStart(5, '0')}`;
  const placedBy = Math.floor(ordinal / providers.length) % 2 === 0 ? 'ringfence' : 'dialler';
  return { callId, to: `+1${FIRST_NUMBER + ordinal}`, provider, placedBy };
}

function planWallet(
  { increment, seconds, seed }: WorldOptions,
  policy: WorldPolicy,
  n: number,
  calls: readonly PlannedCall[],
): PlannedWallet {
  const dice = new Dice(seed, 'wallet', n);
  const earliest = Math.max(policy.quantum_seconds + 2, Math.floor(seconds * EARLIEST));
  const talkMs = dice.between([earliest * 1000, Math.max(earliest, seconds) * 1000]);
  const funds = (rate: number) => {
    const price = priceAt(increment, rate);
    const odd = dice.between([0, calls.length * priceOf(price, 1) - 1]);
    return calls.length * priceOf(price, talkMs) + odd;
  };
  // Of two agencies one runs dry before its client, the other never.
  const scarce = Math.floor(n / AGENCY_EVERY) % 2 === 0;
  const least = calls.length * priceOf(priceAt(increment, WHOLESALE_MICROS), earliest * 1000);
  const agencyFunds = Math.max(least, Math.round(funds(WHOLESALE_MICROS) * (scarce ? 0.8 : 1.5)));
  return {
    name: `wallet ${n}`,
    fundsMicros: funds(RETAIL_MICROS),
    agencyFundsMicros: n % AGENCY_EVERY === AGENCY_EVERY - 1 ? agencyFunds : undefined,
    calls,
  };
}
