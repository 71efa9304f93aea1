/**
 * e. Ours against SELECT ... FOR UPDATE: the same calls, machine and run; ours with its flusher on
 * the same Postgres server. Theirs also with `synchronous_commit` off, which loses as much in a
 * crash as our `everysec` may.
 */
import { type Figure, figure } from '../../figures.ts';
import { closedLoop, type LoadResult } from '../../load/closed-loop.ts';
import { alternated, type Round } from '../../measurement.ts';
import { caughtUp } from '../../stage/backlog.ts';
import { type BenchCall, createOperations } from '../../stage/calls.ts';
import { runningFlusher } from '../../stage/flusher.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { makeWallets, type Purse } from '../../stage/wallets.ts';
import { createPeer, type Peer, type Side } from './peer.ts';

const OPERATIONS = ['reserve', 'check', 'finalize'] as const;
type Results = Readonly<Record<(typeof OPERATIONS)[number], LoadResult>>;

export async function measureForUpdate(round: Round): Promise<Figure[]> {
  const { organizations, connections } = round.size;
  const stage = await openStage(round);
  const purse = await makeWallets(stage, organizations);
  const peer = await createPeer(stage.databaseUrl, organizations);
  const flusher = await runningFlusher(stage);
  try {
    const figures: Figure[] = [];
    for (const hot of [true, false]) {
      for (const depth of connections) {
        figures.push(...(await compared(stage, purse, peer, round, hot, depth)));
      }
    }
    return figures;
  } finally {
    await flusher.end();
    await stage.stop();
  }
}

async function compared(
  stage: Stage,
  purse: Purse,
  peer: Peer,
  round: Round,
  hot: boolean,
  depth: number,
): Promise<Figure[]> {
  const load = `call-${hot ? 'h' : 'm'}-${depth}`;
  const seconds = round.size.seconds / 4;
  const theirs = async (durable: boolean) => {
    const side = await peer.side(depth, durable);
    const results = await lives(side, `${load}-${durable}`, hot, depth, seconds);
    await side.close();
    return results;
  };
  const [own, [on, off]] = await alternated(
    round.index,
    () => caughtUp(stage, () => lives(ourSide(stage, purse), load, hot, depth, seconds)),
    () => caughtUp(stage, async () => [await theirs(true), await theirs(false)] as const),
  );
  const where = `${hot ? 'one hot organization' : 'many organizations'}, c${depth}`;
  return OPERATIONS.flatMap((operation) => {
    const name = `${where}: ${operation}`;
    const [ours, durable, loose] = [own[operation], on[operation], off[operation]];
    return [
      figure(`${name}, ours`, 'per second', ours.perSecond),
      figure(`${name}, FOR UPDATE`, 'per second', durable.perSecond),
      figure(`${name}, FOR UPDATE, commit off`, 'per second', loose.perSecond),
      figure(`${name}, ours / FOR UPDATE`, 'x', ours.perSecond / durable.perSecond),
      figure(`${name}, ours / commit off`, 'x', ours.perSecond / loose.perSecond),
      figure(`${name}, ours p99`, 'ms', ours.spread.p99),
      figure(`${name}, FOR UPDATE p99`, 'ms', durable.spread.p99),
      figure(`${name}, p99 FOR UPDATE / ours`, 'x', durable.spread.p99 / ours.spread.p99),
    ];
  });
}

/** As many calls as can be reserved in the time, then each checked once, then each finalized. */
async function lives(
  side: Side,
  load: string,
  hot: boolean,
  depth: number,
  seconds: number,
): Promise<Results> {
  const run = (work: (n: number) => Promise<unknown>, count = Number.POSITIVE_INFINITY) =>
    closedLoop({ depth, seconds, count, work });
  const reserve = await run((n) => side.reserve(load, n, hot));
  const check = await run((n) => side.check(load, n, hot), reserve.count);
  const finalize = await run((n) => side.finalize(load, n, hot), reserve.count);
  return { reserve, check, finalize };
}

function ourSide(stage: Stage, purse: Purse): Side {
  const operations = createOperations(stage, purse.organizationId);
  const calls: BenchCall[] = [];
  const at = (n: number): BenchCall => {
    const call = calls[n];
    if (call === undefined) throw new Error(`there is no call ${n}`);
    return call;
  };
  return {
    async reserve(load, n, hot) {
      const wallet = hot ? purse.hot(n) : purse.many(n);
      calls[n] = await operations.authorize(`${load}-${n}`, wallet);
    },
    check: (_load, n) => operations.check(at(n), 60_000),
    finalize: (_load, n) => operations.capture(at(n)),
  };
}
