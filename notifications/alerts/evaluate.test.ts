import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WalletState } from '../../engine/index.ts';
import { type Change, evaluate, levelOf, type WalletAlert } from './evaluate.ts';

const WALLET: WalletState = {
  postedMicros: 0,
  heldMicros: 0,
  creditLimitMicros: 0,
  cutoffThresholdMicros: 0,
  sequence: 1,
  frozen: false,
  quarantined: false,
  liveCalls: 0,
  maxLiveCalls: 0,
  lowBalanceThresholdMicros: 100,
  finalCalls: 0,
  checkLedgerUntilMs: 0,
  updatedAtMs: 0,
};

/** Walks a balance and writes down what is told at each step. */
function walk(
  balances: readonly number[],
  wallet: Partial<WalletState> = {},
  alerts: readonly WalletAlert[] = [],
  burn = 0,
): string[] {
  let raised: ReadonlySet<string> | undefined;
  return balances.map((postedMicros) => {
    const after = evaluate(raised, { ...WALLET, ...wallet, postedMicros }, alerts, burn);
    raised = after.raised;
    return after.changes.map(({ id, raised: up }) => `${up ? '+' : '-'}${id}`).join(' ');
  });
}

describe('levels', () => {
  test('are raised at the line, also at exactly 0, and resolved a tenth above it', () => {
    expect(walk([1000, 301, 300, 330, 331])).toEqual(['', '', '+ok', '', '-ok']);
    expect(walk([1000, 101, 100, 110, 111])).toEqual(['', '+ok', '+low', '', '-low']);
    expect(walk([1000, 1, 0, 10, 11])).toEqual(['', '+ok +low', '+depleted', '', '-depleted']);
    expect(walk([1000, -5, 1000])).toEqual(['', '+ok +low +depleted', '-depleted -low -ok']);
  });

  test('count what can be spent: holds, credit and reserve', () => {
    expect(walk([1000, 500], { heldMicros: 400 })).toEqual(['', '+ok +low']);
    expect(walk([0, -400], { creditLimitMicros: 500 })).toEqual(['', '+ok +low']);
    expect(walk([1000, 600], { cutoffThresholdMicros: 500 })).toEqual(['', '+ok +low']);
  });

  test('without a threshold there is only depleted, resolved at once', () => {
    const wallet = { lowBalanceThresholdMicros: 0 };
    expect(walk([5, 1, 0, 1, 0], wallet)).toEqual(['', '', '+depleted', '-depleted', '+depleted']);
  });

  test('a wallet that never had anything has not run out', () => {
    expect(walk([0, -3, 0, 50])).toEqual(['', '', '', '+ok +low']);
    expect(levelOf(undefined)).toBe('good');
  });

  test('a threshold that is set, moved or taken away is judged at that entry', () => {
    const at = (lowBalanceThresholdMicros: number, before: readonly string[]) =>
      evaluate(new Set(before), { ...WALLET, postedMicros: 50, lowBalanceThresholdMicros }, [], 0)
        .changes;
    const up = (id: string): Change => ({ id, raised: true });
    const down = (id: string): Change => ({ id, raised: false });
    expect(at(50, [])).toEqual([up('ok'), up('low')]);
    expect(at(0, ['ok', 'low'])).toEqual([down('low'), down('ok')]);
    expect(at(40, ['ok', 'low'])).toEqual([down('low')]);
  });
});

describe('alerts', () => {
  const byMoney: WalletAlert = {
    id: 'a',
    kind: 'available',
    availableMicros: 40,
    resolveAboveMicros: 60,
  };
  const byMinutes: WalletAlert = { id: 'm', kind: 'minutes', minutes: 10 };
  const none = { lowBalanceThresholdMicros: 0 };

  test('by money: at the lower line, until above the upper one', () => {
    expect(walk([100, 41, 40, 60, 61, 40], none, [byMoney])).toEqual([
      '',
      '',
      '+a',
      '',
      '-a',
      '+a',
    ]);
  });

  test('by money go by available, whatever the floor is', () => {
    expect(walk([500, 40], { ...none, creditLimitMicros: 500 }, [byMoney])).toEqual(['', '+a']);
  });

  test('by minutes of what burns', () => {
    expect(walk([1000, 101, 100, 110, 111], none, [byMinutes], 10)).toEqual([
      ...['', '', '+m', '', '-m'],
    ]);
    expect(walk([1000, 1], none, [byMinutes], 0)).toEqual(['', '']);
  });

  test('by minutes are exact beyond 2^53', () => {
    const alert: WalletAlert = { id: 'm', kind: 'minutes', minutes: 3 };
    const burn = (Number.MAX_SAFE_INTEGER - 1) / 3 + 1;
    const balances = [Number.MAX_SAFE_INTEGER];
    expect(walk(balances, none, [alert], Math.floor(burn))).toEqual(['+m']);
  });

  test('that was removed is forgotten without a word', () => {
    const raised = new Set(['gone']);
    const after = evaluate(raised, { ...WALLET, postedMicros: 1000 }, [], 0);
    expect([after.changes, [...(after.raised ?? [])]]).toEqual([[], []]);
  });
});

test('whatever a balance does, raised and resolved of each alternate', () => {
  const alerts: WalletAlert[] = [
    { id: 'a', kind: 'available', availableMicros: -20, resolveAboveMicros: -20 },
    { id: 'm', kind: 'minutes', minutes: 7 },
  ];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -200, max: 500 }), { maxLength: 200 }), (balances) => {
      const told = walk(balances, {}, alerts, 9).flatMap((step) => step.split(' '));
      for (const id of ['ok', 'low', 'depleted', 'a', 'm']) {
        const own = told.filter((text) => text.slice(1) === id).map((text) => text[0]);
        expect(own).toEqual(own.map((_, place) => (place % 2 === 0 ? '+' : '-')));
      }
    }),
  );
});
