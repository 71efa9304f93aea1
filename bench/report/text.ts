/** The report on a terminal. */
import type { Machine } from '../machine.ts';
import type { MeasurementResult } from '../run.ts';
import { valueText } from './format.ts';
import { judge } from './targets.ts';

export function machineLines(machine: Machine): string[] {
  const { cpu, cores, memoryGb, system, node, loadBefore } = machine;
  return [
    `${cores} cores of ${cpu}, ${memoryGb} GB, ${system}, Node ${node}; load before ${loadBefore}`,
    `Redis ${machine.redis}: ${settingsText(machine.redisSettings)}`,
    `Postgres ${machine.postgres}: ${settingsText(machine.postgresSettings)}`,
  ];
}

function settingsText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

export function resultText(results: readonly MeasurementResult[]): string {
  const [first] = results;
  const lines = first === undefined ? [] : machineLines(first.machine);
  for (const { id, title, figures } of results) {
    lines.push('', `${id}. ${title}`);
    const width = Math.max(...figures.map(({ name }) => name.length));
    for (const one of figures) lines.push(`  ${one.name.padEnd(width)}  ${valueText(one)}`);
  }
  lines.push('', 'Targets');
  for (const { id, what, measured, verdict } of judge(results)) {
    lines.push(`  ${id.padEnd(4)}${verdict.padEnd(14)}${what}`, `      ${measured}`);
  }
  return `${lines.join('\n')}\n`;
}
