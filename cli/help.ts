import type { Command } from './command.ts';

const USAGE = 'npm run ringfence --';

/** What the given commands do; one command shows its options too. */
export function helpText(commands: readonly Command[]): string {
  const [only, ...others] = commands;
  if (only !== undefined && others.length === 0) {
    return `${USAGE} ${only.name}\n  ${only.summary}\n${listed(only.options)}`;
  }
  const rows = commands.map(({ name, summary }) => [name, summary] as const);
  return `${USAGE} <command>\n\n${listed([...rows, ['help', 'this text; <command> --help for one command']])}`;
}

function listed(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}\n`).join('');
}
