/** The report of a world, in Markdown. */
import type { WorldOptions } from './options.ts';
import type { Promised } from './promises.ts';

export interface WorldReport {
  readonly options: WorldOptions;
  /** What was seen at the end, as in the live table. */
  readonly lines: readonly (readonly [what: string, value: string])[];
  readonly promises: readonly Promised[];
  /** What was killed or restarted meanwhile. */
  readonly incidents: readonly string[];
  /** Warnings and errors of the processes, most frequent first. */
  readonly logged: readonly string[];
}

const FAULTS_SHOWN = 10;

export function isKept({ promises }: WorldReport): boolean {
  return promises.every(({ faults }) => faults.length === 0);
}

/** The command line that makes the same world again. */
export function commandOf(options: WorldOptions): string {
  const { providers } = options;
  const parts = [
    `--calls ${options.calls} --wallets ${options.wallets}`,
    `--provider ${providers.length > 1 ? 'mix' : providers[0]} --increment ${options.increment}`,
    `--seconds ${options.seconds} --seed ${options.seed}`,
    ...(options.faults === 'none' ? [] : [`--faults ${options.faults}`]),
    ...(options.enforcers > 0 ? [`--enforcers ${options.enforcers}`] : []),
    ...(options.killEnforcerEverySeconds > 0
      ? [`--kill-enforcer-every ${options.killEnforcerEverySeconds}`]
      : []),
    ...(options.restartRedis ? ['--restart-redis'] : []),
  ];
  return `npm run ringfence -- simulate ${parts.join(' ')}`;
}

/** One line a promise, faults under those that were broken. */
export function promiseLines(promises: readonly Promised[]): string[] {
  return promises.flatMap(({ name, figures, faults }) => [
    `${faults.length === 0 ? 'ok    ' : 'BROKEN'} ${name} (${figures})`,
    ...shown(faults).map((fault) => `         ${fault}`),
  ]);
}

function shown(faults: readonly string[]): string[] {
  const more = faults.length - FAULTS_SHOWN;
  return [...faults.slice(0, FAULTS_SHOWN), ...(more > 0 ? [`... and ${more} more`] : [])];
}

export function markdownOf(reports: readonly WorldReport[]): string {
  return `# Simulated calls\n\n${reports.map(worldOf).join('\n')}`;
}

function worldOf(report: WorldReport): string {
  const { options, lines, promises, incidents, logged } = report;
  const list = (title: string, items: readonly string[]) =>
    items.length === 0 ? [] : [`${title}\n`, ...items.map((item) => `- ${item}`), ''];
  return [
    `## ${options.calls} calls, ${options.wallets} wallets, ${options.increment}`,
    '',
    `    ${commandOf(options)}`,
    '',
    '| promise | | figures |',
    '|---|---|---|',
    ...promises.map(
      ({ name, figures, faults }) =>
        `| ${name} | ${faults.length === 0 ? 'kept' : '**broken**'} | ${figures} |`,
    ),
    '',
    '| | |',
    '|---|---|',
    ...lines.map(([what, value]) => `| ${what} | ${value} |`),
    '',
    ...promises
      .filter(({ faults }) => faults.length > 0)
      .flatMap(({ name, faults }) => list(`Broken: ${name}`, shown(faults))),
    ...list('What was done to it:', incidents),
    ...list('What the processes complained of:', logged),
  ].join('\n');
}
