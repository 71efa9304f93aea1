/** Numbers for people: three digits that mean something, thousands apart. */
import type { Summary, Unit } from '../figures.ts';

const SHORT: Readonly<Record<Unit, string>> = {
  us: ' us',
  ms: ' ms',
  s: ' s',
  'per second': '/s',
  x: 'x',
  '%': '%',
  B: ' B',
  MB: ' MB',
  count: '',
};

export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) {
    return Math.round(value).toLocaleString('en-US');
  }
  return value.toPrecision(3);
}

export function valueText({ median, min, max, unit, rounds }: Summary): string {
  const spread = rounds > 1 ? ` [${numberText(min)}-${numberText(max)}]` : '';
  return `${numberText(median)}${SHORT[unit]}${spread}`;
}
