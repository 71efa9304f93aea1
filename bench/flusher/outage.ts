/** Postgres is away while money moves on; how long the ledger needs to catch up, the load going on. */
import { setTimeout as pause } from 'node:timers/promises';
import { startPostgres } from '../../scripts/postgres-server.mjs';
import { waitUntil } from '../../scripts/processes.mjs';
import { type Figure, figure } from '../figures.ts';
import { openLoop } from '../load/open-loop.ts';
import type { Round } from '../measurement.ts';
import { behindMs } from '../stage/backlog.ts';
import { createOperations } from '../stage/calls.ts';
import { runningFlusher } from '../stage/flusher.ts';
import { openStage } from '../stage/stage.ts';
import { makeWallets } from '../stage/wallets.ts';

const BEFORE_MS = 500;
const CATCH_UP_MS_MAX = 300_000;

export async function outage(round: Round): Promise<Figure[]> {
  const dir = `${round.dir}/postgres`;
  let postgres = await startPostgres({ dir });
  const { port } = postgres;
  const { outageSeconds, outagePerSecond: perSecond, caughtUpMs } = round.size;
  const stage = await openStage(round, { postgresUrl: postgres.url });
  const purse = await makeWallets(stage, round.size.organizations);
  const flusher = await runningFlusher(stage);
  const operations = createOperations(stage, purse.organizationId);
  let caughtUp = false;
  const load = openLoop({
    perSecond,
    seconds: Number.POSITIVE_INFINITY,
    pace: 'timer',
    until: () => caughtUp,
    work: (n) => operations.charge(`charge-${n}`, purse.many(n)),
  });
  load.catch(() => undefined); // Heard of below, when it is awaited.
  try {
    await pause(BEFORE_MS);
    await postgres.stop();
    await pause(outageSeconds * 1000);
    postgres = await startPostgres({ dir, port });
    const from = performance.now();
    const isDone = async () => (await behindMs(stage)) < caughtUpMs;
    const done = await waitUntil(isDone, CATCH_UP_MS_MAX, 20);
    const seconds = (performance.now() - from) / 1000;
    if (!done) throw new Error('the ledger does not catch up');
    caughtUp = true;
    const { spread } = await load;
    const what = `Postgres away for ${outageSeconds} s at ${perSecond} charges/s`;
    return [
      figure(`${what}: caught up after`, 's', seconds),
      figure(`${what}: charge p99 all the while`, 'ms', spread.p99),
    ];
  } finally {
    caughtUp = true;
    await load.catch(() => undefined);
    await flusher.end();
    await stage.stop();
    await postgres.stop();
  }
}
