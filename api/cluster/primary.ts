/**
 * Several processes on one machine, for more than one core: this one serves nothing and looks after
 * the others.
 *
 *   primary --+-- api x N     one port, shared; connections are dealt out in turn
 *             +-- flusher     journal to ledger
 *             +-- enforcer    calls kept covered, and ended
 *
 * Every one of them is an ordinary process with its role, connections and caches of its own (a change
 * reaches all by NOTIFY), so that one may die at any moment like any process: another takes its place.
 */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { AggregatorRegistry } from 'prom-client';
import { ConfigError } from '../config.ts';
import type { Environment } from '../config-schema.ts';
import { createLog } from '../log.ts';
import type { Running } from '../process.ts';
import { isOurs, type ToPrimary } from './messages.ts';
import { type Seat, send, takeSeat, type WorkerRole } from './seat.ts';

const ENTRY = fileURLToPath(new URL('../../scripts/worker.mjs', import.meta.url));

/** What stops first: whoever acknowledges, then whoever ends calls, then whoever flushes. */
const STOP_ORDER: readonly WorkerRole[] = ['api', 'enforcer', 'flusher'];

/**
 * Starts the workers and answers when all of them are ready. `RINGFENCE_ROLE=api` has API workers
 * alone: flushers and enforcers are then started elsewhere.
 * @throws ConfigError for another role; Error why a worker cannot start
 */
export async function startCluster(config: Environment, env: NodeJS.ProcessEnv): Promise<Running> {
  const roles = rolesOf(config);
  const log = createLog(config.RINGFENCE_LOG_LEVEL);
  cluster.setupPrimary({ exec: ENTRY, args: [], execArgv: [] });
  const unlisten = tellMetrics(log);
  const seats = roles.map((role, i) =>
    takeSeat({
      role,
      banner: i === 0 && config.RINGFENCE_DEV,
      fork: () => cluster.fork({ ...env, RINGFENCE_ROLE: role, RINGFENCE_WORKERS: '0' }),
      log,
    }),
  );
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll(seats, log).finally(unlisten);
    return stopping;
  };
  try {
    const [url = ''] = await Promise.all(seats.map(({ ready }) => ready));
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function rolesOf(config: Environment): WorkerRole[] {
  const { RINGFENCE_ROLE: role, RINGFENCE_WORKERS: workers } = config;
  if (role === 'flusher' || role === 'enforcer') {
    throw new ConfigError(
      `RINGFENCE_WORKERS is for API processes: unset it, or start as many processes with RINGFENCE_ROLE=${role} as you like`,
    );
  }
  const serving: WorkerRole[] = Array.from({ length: workers }, () => 'api');
  return role === 'api' ? serving : [...serving, 'flusher', 'enforcer'];
}

async function stopAll(seats: readonly Seat[], log: Logger): Promise<void> {
  for (const role of STOP_ORDER) {
    await Promise.all(seats.filter((seat) => seat.role === role).map((seat) => seat.stop()));
  }
  log.info('stopped');
  await new Promise<void>((resolve) => log.flush(() => resolve()));
}

/** Answers a worker that was asked for the metrics: counters added up, gauges as each says. */
function tellMetrics(log: Logger): () => void {
  const all = new AggregatorRegistry();
  const heard = (worker: Worker, message: unknown) => {
    if (!isOurs<ToPrimary>(message) || message.ringfence !== 'metrics') return;
    const { id } = message;
    all.clusterMetrics().then(
      (page) => send(worker, { ringfence: 'metrics', id, page }),
      (err: unknown) => {
        log.warn({ err }, 'the metrics of the workers could not be had');
        send(worker, { ringfence: 'metrics', id });
      },
    );
  };
  cluster.on('message', heard);
  return () => void cluster.off('message', heard);
}
