/** The targets, and which figures say whether they are met. */
import type { Summary } from '../figures.ts';
import type { MeasurementResult } from '../run.ts';
import { valueText } from './format.ts';

interface Bound {
  /** Which measurement's figure. */
  readonly of: string;
  readonly figure: string;
  readonly most?: number;
  readonly least?: number;
}

export interface Target {
  readonly id: string;
  readonly what: string;
  /** Without bounds a target is to be stated, not met. */
  readonly bounds: readonly Bound[];
}

export interface Judged {
  readonly id: string;
  readonly what: string;
  readonly measured: string;
  readonly verdict: 'met' | 'missed' | 'stated' | 'not measured';
  /** The command that prints it. */
  readonly command: string;
}

const HOT = 'one hot organization, c64: reserve';

export const TARGETS: readonly Target[] = [
  {
    id: 'P1',
    what: 'authorize, script / empty: <= 5.5x; two legs <= 7.5x',
    bounds: [
      { of: 'a', figure: 'authorize: script / empty', most: 5.5 },
      { of: 'a', figure: 'authorize, two legs: script / empty', most: 7.5 },
    ],
  },
  {
    id: 'P2',
    what: 'check <= 4.5x, capture <= 6.5x, charge <= 5x',
    bounds: [
      { of: 'a', figure: 'check, extends: script / empty', most: 4.5 },
      { of: 'a', figure: 'capture: script / empty', most: 6.5 },
      { of: 'a', figure: 'charge: script / empty', most: 5 },
    ],
  },
  {
    id: 'P3',
    what: 'one caller: authorize p50 / PING p50 <= 2.5x; p99 < 1 ms',
    bounds: [
      { of: 'b', figure: 'one caller: authorize p50 / PING p50', most: 2.5 },
      { of: 'b', figure: 'one caller: authorize p99', most: 1 },
    ],
  },
  {
    id: 'P4',
    what: 'engine / the same script sent bare: >= 85%',
    bounds: [{ of: 'b', figure: 'capacity: engine / bare', least: 85 }],
  },
  {
    id: 'P5',
    what: 'against FOR UPDATE, one hot organization, c64: throughput >= 50x, p99 <= 1/50',
    bounds: [
      { of: 'e', figure: `${HOT}, ours / FOR UPDATE`, least: 50 },
      { of: 'e', figure: `${HOT}, p99 FOR UPDATE / ours`, least: 50 },
    ],
  },
  {
    id: 'P6',
    what: 'against FOR UPDATE, 10,000 organizations, c16: >= 12x',
    bounds: [{ of: 'e', figure: 'many organizations, c16: reserve, ours / FOR UPDATE', least: 12 }],
  },
  {
    id: 'P7',
    what: 'HTTP / bare Hono POST: authorize >= 55%, check >= 65%; p99 < 10 ms at half of capacity',
    bounds: [
      { of: 'c', figure: 'authorize / bare POST', least: 55 },
      { of: 'c', figure: 'check / bare POST', least: 65 },
      { of: 'c', figure: 'open loop at 50% of capacity: authorize p99', most: 10 },
    ],
  },
  {
    id: 'P8',
    what: 'flusher / bare COPY: >= 80%, two partitions >= 100%; lag p99 < 40 ms at half load',
    bounds: [
      { of: 'd', figure: 'flusher / bare COPY', least: 80 },
      { of: 'd', figure: 'two flushers / bare COPY', least: 100 },
      { of: 'd', figure: 'at half load: lag p99', most: 40 },
      { of: 'd', figure: 'at half load, a reader open: lag p99', most: 40 },
    ],
  },
  {
    id: 'P9',
    what: 'wait_for ledger at half load: p99 < 50 ms',
    bounds: [{ of: 'f', figure: 'wait_for ledger at half load p99', most: 50 }],
  },
  {
    id: 'P10',
    what: 'AOF everysec / AOF off, throughput: >= 90%',
    bounds: [{ of: 'f', figure: 'AOF everysec / off', least: 90 }],
  },
  {
    id: 'P11',
    what: 'wallet <= 220 B, live call <= 600 B, tombstone <= 160 B, 1M + 100k <= 400 MB',
    bounds: [
      { of: 'g', figure: 'wallet', most: 220 },
      { of: 'g', figure: 'live call, all in', most: 600 },
      { of: 'g', figure: 'tombstone', most: 160 },
      { of: 'g', figure: '1M wallets and 100k live calls', most: 400 },
    ],
  },
  {
    id: 'P12',
    what: '100,000 live calls: enforcer <= 60% of one core',
    bounds: [{ of: 'enforcer', figure: 'CPU at 100,000 live calls', most: 60 }],
  },
  {
    id: 'P13',
    what: 'two API processes / one, four flushers / one: stated',
    bounds: [
      { of: 'c', figure: 'two API processes / one' },
      { of: 'd', figure: 'four flushers / one' },
    ],
  },
  {
    id: 'P14',
    what: 'authorize CPU over sizes: most / least within 15%',
    bounds: [
      { of: 'size', figure: 'wallets: dearest / cheapest', most: 1.15 },
      { of: 'size', figure: 'live holds on one wallet: dearest / cheapest', most: 1.15 },
    ],
  },
];

export function judge(results: readonly MeasurementResult[]): Judged[] {
  return TARGETS.map(({ id, what, bounds }) => {
    const found = bounds.map((bound) => summaryOf(results, bound));
    const known = found.flatMap((summary, at) => {
      const bound = bounds[at];
      return summary === undefined || bound === undefined ? [] : [{ summary, bound }];
    });
    const ids = [...new Set(bounds.map(({ of }) => of))];
    return {
      id,
      what,
      measured: found.map((one) => (one === undefined ? '-' : valueText(one))).join('; '),
      verdict: verdictOf(bounds, known),
      command: `npm run ringfence -- bench --only ${ids.join(',')}`,
    };
  });
}

function summaryOf(results: readonly MeasurementResult[], { of, figure }: Bound) {
  const measured = results.find(({ id }) => id === of);
  return measured?.figures.find(({ name }) => name === figure);
}

type Known = readonly { readonly summary: Summary; readonly bound: Bound }[];

/** One figure beyond its bound misses the target; one that is absent leaves it open. */
function verdictOf(bounds: readonly Bound[], known: Known): Judged['verdict'] {
  const missed = known.some(
    ({ summary: { median }, bound: { most, least } }) =>
      median > (most ?? Number.POSITIVE_INFINITY) || median < (least ?? Number.NEGATIVE_INFINITY),
  );
  if (missed) return 'missed';
  if (known.length < bounds.length) return 'not measured';
  const bounded = bounds.some(({ most, least }) => most !== undefined || least !== undefined);
  return bounded ? 'met' : 'stated';
}
