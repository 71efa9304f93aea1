/** b. The engine in one process: latency of one caller, capacity, and latency under open load. */
import { createConnection } from '../../engine/index.ts';
import { type Figure, figure } from '../figures.ts';
import { closedLoop, type LoadResult } from '../load/closed-loop.ts';
import { openLoop } from '../load/open-loop.ts';
import { spreadFigures } from '../load/spread-figures.ts';
import { alternated, type Round } from '../measurement.ts';
import { caughtUp, flushed } from '../stage/backlog.ts';
import { createOperations } from '../stage/calls.ts';
import { cpuSplit } from '../stage/cpu-split.ts';
import { type FlusherProcess, runningFlusher } from '../stage/flusher.ts';
import { life } from '../stage/life.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { makeWallets, type Purse } from '../stage/wallets.ts';
import { MIX } from '../workload.ts';
import { prepareBare } from './bare.ts';

/** The most that a process was ever seen to send; bounds what is prepared in advance. */
const PER_SECOND_MAX = 25_000;
const LOADS = [0.25, 0.5, 0.75] as const;

export async function measureEngine(round: Round): Promise<Figure[]> {
  const stage = await openStage(round);
  const purse = await makeWallets(stage, round.size.wallets);
  const flusher = await runningFlusher(stage);
  try {
    const figures = await oneCaller(stage, purse, round);
    const ceiling = await againstBare(stage, purse, round);
    figures.push(...ceiling.figures);
    figures.push(...(await capacities(stage, flusher, purse, round)));
    figures.push(...(await openLoads(stage, purse, round, ceiling.perSecond)));
    return figures;
  } finally {
    await flusher.end();
    await stage.stop();
  }
}

async function oneCaller(stage: Stage, purse: Purse, { size, index }: Round): Promise<Figure[]> {
  const operations = createOperations(stage, purse.organizationId);
  const redis = createConnection(stage.redisUrl);
  await redis.connect();
  const once = (work: (n: number) => Promise<unknown>) =>
    closedLoop({ depth: 1, seconds: size.seconds / 2, work });
  await once(() => redis.ping()); // Both sides begin warm.
  await once((n) => operations.authorize(`call-w-${n}`, purse.many(n)));
  const [own, ping] = await alternated(
    index,
    () => caughtUp(stage, () => once((n) => operations.authorize(`call-o-${n}`, purse.many(n)))),
    () => caughtUp(stage, () => once(() => redis.ping())),
  );
  redis.disconnect();
  return [
    ...spreadFigures('one caller: authorize', own.spread),
    figure('one caller: PING p50', 'ms', ping.spread.p50),
    figure('one caller: authorize p50 / PING p50', 'x', own.spread.p50 / ping.spread.p50),
  ];
}

async function againstBare(stage: Stage, purse: Purse, { size, index }: Round) {
  const operations = createOperations(stage, purse.organizationId);
  const { depth, seconds } = size;
  const bare = await prepareBare(stage, purse, Math.ceil(PER_SECOND_MAX * seconds));
  const own = (name: string) =>
    withCpu(() =>
      closedLoop({
        depth,
        seconds,
        work: (n) => operations.authorize(`call-${name}-${n}`, purse.many(n)),
      }),
    );
  await own('h'); // Warm: the first seconds of a process say nothing of its hours.
  const [ours, bared] = await alternated(
    index,
    () => caughtUp(stage, () => own('c')),
    () =>
      caughtUp(stage, () =>
        withCpu(() => closedLoop({ depth, seconds, count: bare.count, work: bare.authorize })),
      ),
  );
  bare.stop();
  return {
    perSecond: ours.perSecond,
    figures: [
      figure('capacity: authorize, many wallets', 'per second', ours.perSecond),
      figure('capacity: the same script sent bare', 'per second', bared.perSecond),
      figure('capacity: engine / bare', '%', (ours.perSecond / bared.perSecond) * 100),
      figure('process CPU of an authorize', 'us', ours.cpuUs),
      figure('process CPU of a bare one', 'us', bared.cpuUs),
    ],
  };
}

async function withCpu(work: () => Promise<LoadResult>) {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { ...result, cpuUs: (user + system) / result.count };
}

async function capacities(
  stage: Stage,
  flusher: FlusherProcess,
  purse: Purse,
  { size }: Round,
): Promise<Figure[]> {
  const operations = createOperations(stage, purse.organizationId);
  const { depth, seconds } = size;
  const closed = (work: (n: number) => Promise<unknown>) =>
    caughtUp(stage, () => closedLoop({ depth, seconds, work }));
  const hot = await closed((n) => operations.authorize(`call-t-${n}`, purse.hot(n)));
  const own = ['the engine', [process.pid]] as const;
  const { result: many, figures: split } = await cpuSplit('mix', stage, flusher, [own], () =>
    closed((n) => life(operations, `call-m-${n}`, purse.many(n))),
  );
  const one = await closed((n) => life(operations, `call-l-${n}`, purse.hot(n)));
  return [
    figure('capacity: authorize, one hot wallet', 'per second', hot.perSecond),
    figure('capacity: mix, many wallets', 'per second', many.perSecond * MIX.length),
    figure('capacity: mix, one hot wallet', 'per second', one.perSecond * MIX.length),
    ...split,
  ];
}

async function openLoads(
  stage: Stage,
  purse: Purse,
  { size }: Round,
  capacity: number,
): Promise<Figure[]> {
  const operations = createOperations(stage, purse.organizationId);
  const figures: Figure[] = [];
  for (const share of LOADS) {
    await flushed(stage);
    const { spread } = await openLoop({
      perSecond: capacity * share,
      seconds: size.seconds,
      pace: 'spin',
      work: (n) => operations.authorize(`call-${share}-${n}`, purse.many(n)),
    });
    figures.push(...spreadFigures(`open loop at ${share * 100}% of capacity: authorize`, spread));
  }
  return figures;
}
