/** P14: authorize must cost the same whatever there is: wallets, or live holds on its wallet. */
import { type Figure, figure, medianOf } from '../figures.ts';
import { closedLoop } from '../load/closed-loop.ts';
import type { Round } from '../measurement.ts';
import { type BenchCall, createOperations, type Operations } from '../stage/calls.ts';
import { costOf } from '../stage/evalsha.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { type BenchWallet, makeWallets } from '../stage/wallets.ts';

/** Small, so that few holds are added to a wallet that should have one. */
const SLICE = 50;
const DEPTH = 16;
/** A prime, so that all wallets have their turn. */
const APART = 7_919;

interface Side {
  readonly name: string;
  readonly stage: Stage;
  readonly operations: Operations;
  readonly wallet: () => BenchWallet;
}

export async function measureSize(round: Round): Promise<Figure[]> {
  return [...(await overWallets(round)), ...(await overHolds(round))];
}

/** A Redis for each number of wallets; they take turns. */
async function overWallets(round: Round): Promise<Figure[]> {
  const sides: Side[] = [];
  try {
    for (const count of round.size.sizeSteps) {
      const stage = await openStage(round);
      const purse = await makeWallets(stage, count, false);
      const operations = createOperations(stage, purse.organizationId);
      // Another one each time, and far apart: no cache knows them all.
      let next = 0;
      const wallet = () => purse.many(next++ * APART);
      sides.push({ name: `${count} wallets`, stage, operations, wallet });
    }
    return await costs('wallets', sides, round);
  } finally {
    for (const { stage } of sides) await stage.stop();
  }
}

/** A wallet for each number of live holds, in one Redis and one partition. */
async function overHolds(round: Round): Promise<Figure[]> {
  const stage = await openStage(round, { partitions: 1 });
  try {
    const steps = round.size.holdSteps;
    const purse = await makeWallets(stage, steps.length, false);
    const operations = createOperations(stage, purse.organizationId);
    const sides: Side[] = [];
    for (const [at, holds] of steps.entries()) {
      const wallet = () => purse.many(at);
      const work = (n: number) => operations.authorize(`before-${at}-${n}`, wallet());
      await closedLoop({ depth: round.size.depth, count: holds, work });
      sides.push({ name: `${holds} live holds on one wallet`, stage, operations, wallet });
    }
    return await costs('live holds on one wallet', sides, round);
  } finally {
    await stage.stop();
  }
}

/** Slices in turn; what a slice holds is voided after it, unmeasured. */
async function costs(what: string, sides: readonly Side[], round: Round): Promise<Figure[]> {
  const found = new Map<Side, number[]>(sides.map((side) => [side, []]));
  const turns = Math.max(2, Math.ceil(round.size.scriptCalls / SLICE));
  for (let turn = 0; turn < turns; turn += 1) {
    const order = (round.index + turn) % 2 === 0 ? sides : sides.toReversed();
    for (const side of order) {
      const us = await sliceCost(side, `${side.name}-${turn}`);
      if (turn > 0) found.get(side)?.push(us);
    }
  }
  const medians = sides.map((side) => medianOf(found.get(side) ?? []));
  return [
    ...sides.map(({ name }, at) => figure(`authorize, ${name}`, 'us', medians[at] ?? 0)),
    figure(`${what}: dearest / cheapest`, 'x', Math.max(...medians) / Math.min(...medians)),
  ];
}

async function sliceCost({ stage, operations, wallet }: Side, name: string): Promise<number> {
  const held: BenchCall[] = [];
  const cost = await costOf(stage.redis, () =>
    closedLoop({
      depth: DEPTH,
      count: SLICE,
      async work(n) {
        held.push(await operations.authorize(`${name}-${n}`, wallet()));
      },
    }),
  );
  await closedLoop({
    depth: DEPTH,
    count: held.length,
    work: async (n) => {
      const call = held[n];
      if (call !== undefined) await operations.void(call);
    },
  });
  return cost.us / cost.calls;
}
