/** docs/BENCHMARKS.md: the targets, then each measurement with its figures. */
import type { MeasurementResult } from '../run.ts';
import { workloadLines } from '../workload.ts';
import { chartsOf } from './charts.ts';
import { valueText } from './format.ts';
import { judge } from './targets.ts';
import { machineLines } from './text.ts';

/** @param name of the file in bench/results/ that the page is drawn from */
export function markdownOf(name: string, results: readonly MeasurementResult[]): string {
  const [first] = results;
  const lines = [
    '# Benchmarks',
    '',
    `Drawn from [bench/results/${name}.json](../bench/results/${name}.json) by \`npm run ringfence -- bench --write ${name}\`.`,
    'Only ratios within one round mean something on another machine; every figure is the median of its rounds with their',
    'minimum and maximum. Measurements that share a machine with other work are noisy: the load before each is printed.',
    '',
    ...(first === undefined
      ? []
      : workloadLines(first.form, 'rounds as stated').map((line) => `- ${line}`)),
    ...(first === undefined ? [] : machineLines(first.machine).map((line) => `- ${line}`)),
    '',
    '## Targets',
    '',
    '| | target | measured | | command |',
    '|---|---|---|---|---|',
    ...judge(results).map(
      ({ id, what, measured, verdict, command }) =>
        `| ${id} | ${what} | ${measured} | ${verdict} | \`${command}\` |`,
    ),
    ...results.flatMap((result) => section(result, results)),
  ];
  return `${lines.join('\n')}\n`;
}

function section(result: MeasurementResult, results: readonly MeasurementResult[]): string[] {
  const { id, title, form, rounds, machine, at, figures } = result;
  const charts = chartsOf(results).filter(({ of }) => of === id);
  return [
    '',
    `## ${id}. ${title}`,
    '',
    `\`npm run ringfence -- bench --only ${id}\`: ${form}, ${rounds} rounds, ${at.slice(0, 10)}, load before ${machine.loadBefore}.`,
    ...charts.flatMap(({ file, title: what }) => ['', `![${what}](benchmarks/${file}.svg)`]),
    '',
    '| | |',
    '|---|---|',
    ...figures.map((one) => `| ${one.name} | ${valueText(one)} |`),
  ];
}
