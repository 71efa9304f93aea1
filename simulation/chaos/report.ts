/** The table: a line for each blow, and one for each kind of blow at the end. */
import type { Row } from './cycle.ts';

export interface Report {
  readonly scenario: string;
  readonly rows: readonly Row[];
  /** Beside those of the rows. */
  readonly faults: readonly string[];
  /** What `ringfence verify` said at the end. */
  readonly verify: string;
}

type Cell = string | number;

const FAULTS_SHOWN = 20;
const LABEL_WIDTH = 18;
const WIDTH = 9;
const COLUMNS = ['acked', 'ledger', 'lost', 'reach', 'down', 'back', 'level'] as const;

/** What the columns are, for whoever reads the table. */
export const LEGEND = [
  'acked   acknowledged mutations; ledger: of them, answered only from the ledger',
  'lost    acknowledged, and not in the ledger; reach: ms from the oldest of them to the blow',
  'down    ms from the blow until all was started again; back: from then until ready',
  'level   ms from the end of the load until the ledger had everything',
].join('\n');

export function headOf(): string {
  return cells('', '', COLUMNS);
}

export function lineOf(row: Row, n: number): string {
  const figures = [
    row.acknowledged,
    row.waited,
    row.lost,
    row.reachMs,
    row.downMs,
    row.backMs,
    row.levelMs,
  ];
  const note = row.note === '' ? '' : `  ${row.note}`;
  return [cells(`${n}`, row.label, figures) + note, ...faultLines(row.faults)].join('\n');
}

/** Sums over the cycles, and the worst of each time. */
export function summaryOf({ scenario, rows, faults, verify }: Report): string {
  const labels = [...new Set(rows.map((row) => row.label))];
  const lines = labels.map((label) => {
    const some = rows.filter((row) => row.label === label);
    const sum = (of: (row: Row) => number) => some.reduce((total, row) => total + of(row), 0);
    const most = (of: (row: Row) => number) => Math.max(0, ...some.map(of));
    const figures = [
      sum((row) => row.acknowledged),
      sum((row) => row.waited),
      sum((row) => row.lost),
      most((row) => row.reachMs),
      most((row) => row.downMs),
      most((row) => row.backMs),
      most((row) => row.levelMs),
    ];
    return cells(`${some.length}x`, label, figures);
  });
  const unanswered = Object.entries(unansweredIn(rows)).map(([why, count]) => `${count} ${why}`);
  const found = rows.reduce((total, row) => total + row.faults.length, faults.length);
  return [
    `${scenario}, sums and worst times:`,
    headOf(),
    ...lines,
    `not answered at once: ${unanswered.join(', ') || 'nothing'}`,
    `verify: ${verify}`,
    ...faultLines(faults),
    `${found} faults\n`,
  ].join('\n');
}

function unansweredIn(rows: readonly Row[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { unanswered } of rows) {
    for (const [why, count] of Object.entries(unanswered)) {
      counts[why] = (counts[why] ?? 0) + count;
    }
  }
  return counts;
}

function cells(n: string, label: string, figures: readonly Cell[]): string {
  const right = figures.map((figure) => `${figure}`.padStart(WIDTH)).join('');
  return `${n.padStart(5)}  ${label.padEnd(LABEL_WIDTH)}${right}`;
}

function faultLines(faults: readonly string[]): string[] {
  const lines = faults.slice(0, FAULTS_SHOWN).map((fault) => `  FAULT ${fault}`);
  if (faults.length > FAULTS_SHOWN) lines.push(`  and ${faults.length - FAULTS_SHOWN} more faults`);
  return lines;
}
