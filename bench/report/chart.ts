/** A bar chart as SVG: one bar a row, its spread as a thin line, its value as text. */
import type { Summary } from '../figures.ts';
import { numberText, valueText } from './format.ts';

export interface Chart {
  readonly title: string;
  readonly bars: readonly Summary[];
  /** Bars by decades: for values that differ by orders of magnitude. */
  readonly logarithmic?: boolean;
}

const WIDTH = 860;
const LABELS = 360;
const VALUES = 150;
const ROW = 24;
const TOP = 40;
const BAR = 14;
const COLOR = { bar: '#3b6fb6', line: '#8a8f98', text: '#24292f' };

export function chartOf({ title, bars, logarithmic = false }: Chart): string {
  const height = TOP + bars.length * ROW + 12;
  const room = WIDTH - LABELS - VALUES;
  const most = Math.max(...bars.map(({ max }) => max), Number.MIN_VALUE);
  const least = Math.min(...bars.map(({ min }) => min));
  const floor = logarithmic ? 10 ** Math.floor(Math.log10(Math.max(least, 1e-6))) : 0;
  const at = (value: number) => {
    const share = logarithmic
      ? Math.log10(Math.max(value, floor) / floor) / Math.log10(most / floor)
      : value / most;
    return Math.round(Math.max(0, share || 0) * room * 10) / 10;
  };
  const rows = bars.map((bar, n) => rowOf(bar, TOP + n * ROW, at)).join('');
  const scale = logarithmic ? `, logarithmic from ${numberText(floor)}` : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<title>${escaped(title)}</title>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="10" y="22" font-size="14" font-weight="bold" fill="${COLOR.text}">${escaped(title + scale)}</text>
${rows}</svg>
`;
}

function rowOf(bar: Summary, top: number, at: (value: number) => number): string {
  const middle = top + BAR / 2;
  const length = at(bar.median);
  const end = LABELS + Math.max(length, at(bar.max));
  return `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end" fill="${COLOR.text}">${escaped(bar.name)}</text>
<rect x="${LABELS}" y="${top}" width="${length}" height="${BAR}" fill="${COLOR.bar}"/>
<line x1="${LABELS + at(bar.min)}" x2="${LABELS + at(bar.max)}" y1="${middle}" y2="${middle}" stroke="${COLOR.line}" stroke-width="2"/>
<text x="${end + 6}" y="${middle + 4}" fill="${COLOR.text}">${escaped(valueText(bar))}</text>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
