/**
 * c. What a caller sees over HTTP, against a bare Hono POST in the very same process: authorize,
 * check and end with key, validation, idempotency, logging, metrics and rate limit.
 */
import { type Figure, figure, medianOf } from '../figures.ts';
import { closedLoop } from '../load/closed-loop.ts';
import { createHttpClient, type HttpClient } from '../load/http-client.ts';
import { openLoop } from '../load/open-loop.ts';
import { spreadFigures } from '../load/spread-figures.ts';
import { alternated, type Round } from '../measurement.ts';
import { caughtUp, flushed } from '../stage/backlog.ts';
import { runningFlusher } from '../stage/flusher.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { BARE_ROUTES, type BareRoute } from './bare.ts';
import { BODIES, createCalls, type HttpCalls } from './calls.ts';
import { CONNECTIONS } from './connections.ts';
import { type ApiProcess, startApi } from './server.ts';
import { makeTenants, platformAt, type Tenant } from './tenants.ts';
import { twoWorkers } from './workers.ts';

const LOADS = [0.25, 0.5, 0.75] as const;

export async function measureHttp(round: Round): Promise<Figure[]> {
  const stage = await openStage(round);
  const flusher = await runningFlusher(stage);
  const api = await startApi(stage, round.dir);
  const client = createHttpClient(api.url, CONNECTIONS);
  const bare = createHttpClient(api.bareUrl, CONNECTIONS);
  try {
    const tenants = await makeTenants(platformAt(api.url), round.size.tenants);
    const figures: Figure[] = [];
    const calls = createCalls(client, tenants, 'c');
    let capacity = 0;
    await closedLoop({
      depth: CONNECTIONS,
      seconds: round.size.seconds / 2,
      work: calls.authorize,
    });
    for (const route of BARE_ROUTES) {
      const compared = await compareRoute({ route, calls, api, bare, stage, round });
      if (route === 'authorize') capacity = compared.perSecond;
      figures.push(...compared.figures);
    }
    figures.push(...(await caughtUp(stage, () => hotWallet(client, tenants, round))));
    for (const share of LOADS) {
      const load = createCalls(client, tenants, `o${share}`);
      const perSecond = capacity * share;
      const { seconds } = round.size;
      await flushed(stage);
      const { spread } = await openLoop({
        perSecond,
        seconds,
        pace: 'timer',
        work: load.authorize,
      });
      figures.push(...spreadFigures(`open loop at ${share * 100}% of capacity: authorize`, spread));
    }
    figures.push(...(await twoWorkers({ stage, flusher, api, client, tenants, round })));
    return figures;
  } finally {
    client.close();
    bare.close();
    await api.stop();
    await flusher.end();
    await stage.stop();
  }
}

interface Comparing {
  readonly route: BareRoute;
  readonly calls: HttpCalls;
  readonly api: ApiProcess;
  readonly bare: HttpClient;
  readonly stage: Stage;
  readonly round: Round;
}

/**
 * Ours and bare take turns in slices, and the median of the slices counts. They are by time for authorize;
 * checks and ends take the calls that it made, each once.
 */
async function compareRoute({ route, calls, api, bare, stage, round }: Comparing) {
  const { slices } = round.size;
  const seconds = round.size.seconds / 2;
  const share = Math.max(1, Math.floor(calls.authorized / slices));
  const amount = route === 'authorize' ? { seconds } : { count: share };
  const body = BODIES[route]('call-bare-12345');
  await tellSample(api, route, calls);
  const measured = async (work: (n: number) => Promise<unknown>) => {
    const before = await api.cpuMs();
    const { perSecond, count } = await closedLoop({ depth: CONNECTIONS, ...amount, work });
    return { perSecond, cpuUs: (((await api.cpuMs()) - before) * 1000) / count };
  };
  const ours: Awaited<ReturnType<typeof measured>>[] = [];
  const theirs: typeof ours = [];
  for (let slice = 0; slice < slices; slice += 1) {
    const own = (n: number) =>
      route === 'authorize' ? calls.authorize() : calls[route](slice * share + n);
    const [a, b] = await alternated(
      round.index + slice,
      () => caughtUp(stage, () => measured(own)),
      () => caughtUp(stage, () => measured(() => bare.post(`/${route}`, body))),
    );
    ours.push(a);
    theirs.push(b);
  }
  const median = (list: typeof ours, of: 'perSecond' | 'cpuUs') =>
    medianOf(list.map((one) => one[of]));
  const perSecond = median(ours, 'perSecond');
  const barePerSecond = median(theirs, 'perSecond');
  return {
    perSecond,
    figures: [
      figure(`capacity: ${route}`, 'per second', perSecond),
      figure(`capacity: bare POST of the size of ${route}`, 'per second', barePerSecond),
      figure(`${route} / bare POST`, '%', (perSecond / barePerSecond) * 100),
      figure(`${route}: process CPU`, 'us', median(ours, 'cpuUs')),
      figure(`${route}: process CPU of a bare POST`, 'us', median(theirs, 'cpuUs')),
    ],
  };
}

/** The bare server is told what ours answers, so that both answer alike. */
async function tellSample(api: ApiProcess, route: BareRoute, calls: HttpCalls): Promise<void> {
  const answer = route === 'authorize' ? await calls.authorize() : await calls[route](0);
  const headers = { 'content-type': 'application/json' };
  const told = { method: 'PUT', headers, body: answer.body };
  const { ok } = await fetch(`${api.bareUrl}/${route}`, told);
  if (!ok) throw new Error(`the bare server was not told what ${route} answers`);
}

async function hotWallet(
  client: HttpClient,
  tenants: readonly Tenant[],
  { size }: Round,
): Promise<Figure[]> {
  const hot = createCalls(client, tenants.slice(0, 1), 'hot');
  const { seconds } = size;
  const load = await closedLoop({ depth: CONNECTIONS, seconds, work: hot.authorize });
  return [figure('capacity: authorize, one hot wallet', 'per second', load.perSecond)];
}
