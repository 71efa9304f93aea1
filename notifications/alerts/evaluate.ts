/**
 * When a wallet's levels and alerts are raised and resolved. Pure.
 *
 * Each is a pair of lines: it is raised when the money is at or under the lower one, exactly there too,
 * and resolved when it is above the upper one. Between the two nothing happens. So a balance that
 * wobbles around a line by less than their distance is told of once, and raised and resolved alternate
 * whatever the balance does.
 *
 *   depleted   spendable <= 0                    until spendable > threshold / 10
 *   low        spendable <= threshold            until spendable > threshold x 1.1
 *   ok         spendable <= threshold x 3        until spendable > threshold x 3.3
 *   available  available <= available_micros     until available > resolve_above_micros
 *   minutes    spendable <= minutes x burn       until spendable > minutes x burn x 1.1, or no burn
 *
 * `threshold` is the wallet's low_balance_threshold; at 0 there is no low and no ok. A wallet that
 * never had anything to spend has not run out of it: nothing is raised before it has.
 */
import { availableOf, spendableOf, type WalletState } from '../../engine/index.ts';

export type Level = 'good' | 'ok' | 'low' | 'depleted';

export type WalletAlert =
  | {
      readonly id: string;
      readonly kind: 'available';
      readonly availableMicros: number;
      /** At or above `availableMicros`. */
      readonly resolveAboveMicros: number;
    }
  | { readonly id: string; readonly kind: 'minutes'; readonly minutes: number };

/** The words for the levels among what is raised, worst first. */
const LEVELS = ['depleted', 'low', 'ok'] as const;

export interface Change {
  /** A level, or the id of an alert. */
  readonly id: string;
  readonly raised: boolean;
}

export interface Evaluation {
  /** Undefined until there was something to spend. */
  readonly raised: ReadonlySet<string> | undefined;
  /** In the order of being told: a fall from the milder to the worse, a rise the other way round. */
  readonly changes: readonly Change[];
}

/**
 * @param raised as the last entry of the wallet left it; undefined while nothing has been raised ever
 * @param burnMicrosPerMinute what the wallet's open calls cost in a minute
 */
export function evaluate(
  raised: ReadonlySet<string> | undefined,
  wallet: WalletState,
  alerts: readonly WalletAlert[],
  burnMicrosPerMinute: number,
): Evaluation {
  if (raised === undefined && spendableOf(wallet) <= 0) return { raised, changes: [] };
  const before = raised ?? new Set();
  const after = new Set<string>();
  const changes: Change[] = [];
  const lines = [...levelLines(wallet), ...alerts.map(alertLines(wallet, burnMicrosPerMinute))];
  for (const { id, isUnder, isOver } of lines) {
    const was = before.has(id);
    const is = was ? !isOver : isUnder;
    if (is) after.add(id);
    if (is !== was) changes.push({ id, raised: is });
  }
  return { raised: after, changes: inOrder(changes) };
}

export function levelOf(raised: ReadonlySet<string> | undefined): Level {
  return LEVELS.find((level) => raised?.has(level)) ?? 'good';
}

interface Lines {
  readonly id: string;
  readonly isUnder: boolean;
  readonly isOver: boolean;
}

/** Mildest first. */
function levelLines(wallet: WalletState): Lines[] {
  const spendable = spendableOf(wallet);
  const threshold = wallet.lowBalanceThresholdMicros;
  const band = Math.ceil(threshold / 10);
  const line = (id: string, times: number): Lines => ({
    id,
    isUnder: threshold > 0 && spendable <= threshold * times,
    isOver: threshold === 0 || spendable > (threshold + band) * times,
  });
  const depleted = { id: 'depleted', isUnder: spendable <= 0, isOver: spendable > band };
  return [line('ok', 3), line('low', 1), depleted];
}

function alertLines(wallet: WalletState, burn: number): (alert: WalletAlert) => Lines {
  return (alert) => {
    const { id } = alert;
    if (alert.kind === 'available') {
      const available = availableOf(wallet);
      const { availableMicros, resolveAboveMicros } = alert;
      return { id, isUnder: available <= availableMicros, isOver: available > resolveAboveMicros };
    }
    // Products of two large numbers: exact only as bigints.
    const spendable = BigInt(spendableOf(wallet));
    const needed = BigInt(alert.minutes) * BigInt(burn);
    const isBurning = burn > 0;
    return {
      id,
      isUnder: isBurning && spendable <= needed,
      isOver: !isBurning || spendable * 10n > needed * 11n,
    };
  };
}

function inOrder(changes: readonly Change[]): Change[] {
  const falls = changes.filter(({ raised }) => raised);
  const rises = changes.filter(({ raised }) => !raised);
  return [...rises.reverse(), ...falls];
}
