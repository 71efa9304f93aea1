import { beforeAll, describe, expect, test } from 'vitest';
import { MEASUREMENTS } from './measurements.ts';
import { chartOf } from './report/chart.ts';
import { chartsOf } from './report/charts.ts';
import { markdownOf } from './report/markdown.ts';
import { judge, TARGETS, type Target } from './report/targets.ts';
import { resultText } from './report/text.ts';
import { type MeasurementResult, runBench } from './run.ts';

/** Half a minute where nothing else runs. */
const RUN_MS = 1_800_000;

/** Targets whose measurements exist. */
function judgedTargets(): Target[] {
  const known = new Set(MEASUREMENTS.map(({ id }) => id));
  return TARGETS.filter(({ bounds }) => bounds.every(({ of }) => known.has(of)));
}

/** No figure is judged by its size here: on a busy machine that would say nothing. */
describe('the whole benchmark in its smoke form', () => {
  let results: MeasurementResult[] = [];

  beforeAll(async () => {
    results = await runBench({ form: 'smoke', only: [] }, () => undefined);
  }, RUN_MS);

  test.each(MEASUREMENTS)('$id ($title): every figure is a number, and is named once', ({ id }) => {
    const figures = results.find((one) => one.id === id)?.figures ?? [];
    expect(figures.length).toBeGreaterThan(0);
    for (const { name, median } of figures) {
      // What so few wallets take is less than what Redis gives back meanwhile.
      const isRight = Number.isFinite(median) && (median >= 0 || id === 'g');
      expect(isRight, `${name}: ${median}`).toBe(true);
    }
    const names = figures.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(judgedTargets())('$id is judged by figures that are measured', ({ id }) => {
    const judged = judge(results).find((one) => one.id === id);
    expect(judged?.verdict).not.toBe('not measured');
  });

  test('is told as text, as a page and as charts', () => {
    const page = markdownOf('smoke', results);
    const text = resultText(results);
    for (const { title } of MEASUREMENTS) {
      expect(page).toContain(title);
      expect(text).toContain(title);
    }
    expect(page).toContain('load before');
    const charts = chartsOf(results);
    expect(charts.length).toBeGreaterThan(0);
    for (const chart of charts) {
      const svg = chartOf(chart);
      expect(svg).toMatch(/^<svg /);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});
