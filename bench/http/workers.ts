/**
 * P13: two workers on one port (`--workers 2`) against one process, closed loops over the same
 * stores, and whose CPU that took. Where generator, stores and processes share few cores, the sum
 * says why two are not twice one.
 */
import { type Figure, figure } from '../figures.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { createHttpClient, type HttpClient } from '../load/http-client.ts';
import { alternated, type Round } from '../measurement.ts';
import { caughtUp } from '../stage/backlog.ts';
import { childrenOf } from '../stage/cpu.ts';
import { cpuSplit } from '../stage/cpu-split.ts';
import type { FlusherProcess } from '../stage/flusher.ts';
import type { Stage } from '../stage/stage.ts';
import { createCalls } from './calls.ts';
import { CONNECTIONS } from './connections.ts';
import { type ApiProcess, startApi } from './server.ts';
import type { Tenant } from './tenants.ts';

const WORKERS = 2;

export interface Processes {
  readonly stage: Stage;
  readonly flusher: FlusherProcess;
  readonly api: ApiProcess;
  readonly client: HttpClient;
  readonly tenants: readonly Tenant[];
  readonly round: Round;
}

export async function twoWorkers(processes: Processes): Promise<Figure[]> {
  const { stage, flusher, api, client, tenants, round } = processes;
  const workers = await startApi(stage, round.dir, { role: 'api', workers: WORKERS });
  const other = createHttpClient(workers.url, CONNECTIONS * WORKERS);
  try {
    const loaded = async (to: HttpClient, depth: number, name: string) => {
      const calls = createCalls(to, tenants, name);
      const { seconds } = round.size;
      return (await closedLoop({ depth, seconds, work: calls.authorize })).perSecond;
    };
    const both = (name: string) => loaded(other, CONNECTIONS * WORKERS, name);
    const split = (what: string, pids: readonly number[], work: () => Promise<number>) => {
      const programs = [['the API', pids] as const, ['the generator', [process.pid]] as const];
      return caughtUp(stage, () => cpuSplit(what, stage, flusher, programs, work));
    };
    await both('warm');
    const pids = [workers.pid, ...childrenOf(workers.pid)];
    const [one, two] = await alternated(
      round.index,
      () => split('one API process', [api.pid], () => loaded(client, CONNECTIONS, 'one')),
      () => split('two workers', pids, () => both('two')),
    );
    return [
      figure('capacity: authorize, two workers', 'per second', two.result),
      figure('two API processes / one', 'x', two.result / one.result),
      ...one.figures,
      ...two.figures,
    ];
  } finally {
    other.close();
    await workers.stop();
  }
}
