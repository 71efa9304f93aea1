/** `simulate --world`: the seeded world with its virtual clock, and the builds it must find broken. */
import {
  BROKEN_BUILDS,
  type BrokenBuild,
  breakScript,
  runSeeds,
  type SeedReport,
  startLanes,
} from '../../simulation/main.ts';
import { type Surroundings, UsageError } from '../command.ts';

export interface SeededOptions {
  readonly first: number;
  readonly count: number;
  readonly steps: number;
  readonly lanes: number;
  readonly breakName: string | undefined;
  /** Runs every broken build instead of the right one. */
  readonly mutations: boolean;
}

/** Within so many seeds a broken build is found. */
const MUTATION_SEEDS = 50;
const TRACE_LINES = 12;
const SHOWN_EVERY = 25;

/** @returns the exit code: 1 when an invariant was broken, or a broken build was not found */
export async function simulateWorld(options: SeededOptions, on: Surroundings): Promise<number> {
  const broken = options.breakName === undefined ? undefined : buildOf(options.breakName);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const servers = await startLanes(options.lanes);
  try {
    if (options.mutations) return await findBroken(servers.lanes, options, on, stop.signal);
    const mend = broken === undefined ? () => undefined : breakScript(broken);
    const violated = await run(servers.lanes, options, broken, on, stop.signal);
    mend();
    return violated.length > 0 || stop.signal.aborted ? 1 : 0;
  } finally {
    await servers.stop();
  }
}

function buildOf(name: string): BrokenBuild {
  const found = BROKEN_BUILDS.find((build) => build.name === name);
  if (found !== undefined) return found;
  const names = BROKEN_BUILDS.map((build) => build.name).join(', ');
  throw new UsageError(`--break takes one of ${names}`);
}

type Lanes = Parameters<typeof runSeeds>[0];

async function run(
  lanes: Lanes,
  options: SeededOptions,
  broken: BrokenBuild | undefined,
  { out }: Surroundings,
  signal: AbortSignal,
): Promise<SeedReport[]> {
  const startedMs = performance.now();
  const sum = { seeds: 0, mutations: 0, lost: 0 };
  const seconds = () => ((performance.now() - startedMs) / 1_000).toFixed(1);
  const violated = await runSeeds(
    lanes,
    {
      ...options,
      broken,
      done(report) {
        sum.seeds += 1;
        sum.mutations += report.mutations;
        sum.lost += report.lost;
        if (report.violation) out(textOf(report, options));
        if (sum.seeds % SHOWN_EVERY === 0)
          out(`${sum.seeds} of ${options.count} in ${seconds()} s\n`);
      },
    },
    signal,
  );
  out(
    `${sum.seeds} seeds, ${options.steps} events each: ${violated.length} with a violation; ` +
      `${sum.mutations} mutations stand, ${sum.lost} lost by Redis before they were flushed; ` +
      `${seconds()} s\n`,
  );
  return violated;
}

async function findBroken(
  lanes: Lanes,
  { first, steps }: SeededOptions,
  { out }: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  let missed = 0;
  for (const broken of BROKEN_BUILDS) {
    const mend = breakScript(broken);
    let seeds = 0;
    const done = () => void seeds++;
    const count = MUTATION_SEEDS;
    const options = { first, count, steps, broken, untilFirst: true, done };
    const [report] = await runSeeds(lanes, options, signal);
    mend();
    if (report?.violation === undefined) {
      missed += 1;
      out(`${broken.name}: NOT FOUND in ${seeds} seeds (${broken.what})\n`);
      continue;
    }
    const { step, event, faults } = report.violation;
    const where = `seed ${report.seed}, step ${step}, ${event}`;
    out(`${broken.name}: found after ${seeds} seeds (${where}): ${faults[0]}\n`);
  }
  return missed > 0 || signal.aborted ? 1 : 0;
}

function textOf({ seed, violation, trace }: SeedReport, { steps, breakName }: SeededOptions) {
  if (violation === undefined) return '';
  const again = ['simulate --world --seeds 1', `--seed ${seed}`, `--steps ${steps}`];
  if (breakName !== undefined) again.push(`--break ${breakName}`);
  return [
    `seed ${seed}, step ${violation.step}, ${violation.event}:`,
    ...violation.faults.map((fault) => `  ${fault}`),
    '  before it:',
    ...trace.slice(-TRACE_LINES).map((line) => `    ${line}`),
    `  again: npm run ringfence -- ${again.join(' ')}\n`,
  ].join('\n');
}
