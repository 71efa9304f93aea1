/** Keeps results in bench/results/ and draws docs/BENCHMARKS.md from them. */
import fs from 'node:fs';
import path from 'node:path';
import { MEASUREMENTS } from '../measurements.ts';
import { type MeasurementResult, OWN_TREE } from '../run.ts';
import { chartOf } from './chart.ts';
import { chartsOf } from './charts.ts';
import { markdownOf } from './markdown.ts';

/**
 * Measurements of one name are kept together: a run of some of them replaces those alone.
 * @returns the files it wrote
 */
export function keepResults(
  name: string,
  results: readonly MeasurementResult[],
  tree = OWN_TREE,
): string[] {
  const file = path.join(tree, 'bench', 'results', `${name}.json`);
  const all = merged(readResults(file), results);
  const charts = path.join(tree, 'docs', 'benchmarks');
  const page = path.join(tree, 'docs', 'BENCHMARKS.md');
  for (const dir of [path.dirname(file), charts]) fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  fs.writeFileSync(page, markdownOf(name, all));
  const drawn = chartsOf(all).map((chart) => {
    const svg = path.join(charts, `${chart.file}.svg`);
    fs.writeFileSync(svg, chartOf(chart));
    return svg;
  });
  return [file, page, ...drawn];
}

function readResults(file: string): MeasurementResult[] {
  if (!fs.existsSync(file)) return [];
  return JSON.parse(fs.readFileSync(file, 'utf8')) as MeasurementResult[];
}

function merged(
  kept: readonly MeasurementResult[],
  fresh: readonly MeasurementResult[],
): MeasurementResult[] {
  return MEASUREMENTS.flatMap(({ id }) => {
    const found = fresh.find((one) => one.id === id) ?? kept.find((one) => one.id === id);
    return found === undefined ? [] : [found];
  });
}
