/** A worker: one process with a role of its own, which the primary starts, asks and stops. */
import { AggregatorRegistry } from 'prom-client';
import { readConfig } from '../config.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import { type Running, startProcess } from '../process.ts';
import { isOurs, type ToPrimary, type ToWorker } from './messages.ts';

const METRICS_MS = 6_000;

/**
 * Works until it is told to stop. Ctrl-C in a terminal reaches every process of it: the primary alone
 * acts on that, so that the workers that serve stop before the ones that flush. When the primary is
 * gone its channel closes, and `node:cluster` ends this process.
 */
export function work(env: NodeJS.ProcessEnv = process.env): void {
  let running: Promise<Running> | undefined;
  const stop = async () => {
    await (await running)?.stop();
    process.exit(0);
  };
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => void stop());
  process.on('message', (message: unknown) => {
    if (!isOurs<ToWorker>(message)) return;
    if (message.ringfence === 'stop') void stop();
    if (message.ringfence === 'start') running = start(env, message.banner);
  });
  tell({ ringfence: 'here' });
}

async function start(env: NodeJS.ProcessEnv, banner: boolean): Promise<Running> {
  try {
    const config = readConfig(env);
    const serves = config.RINGFENCE_ROLE === 'api';
    const metrics = shared(createMetrics());
    const running = await startProcess(config, { metrics, listens: serves, banner });
    tell({ ringfence: 'ready', url: running.url });
    return running;
  } catch (error) {
    const message = error instanceof Error ? error.message : 'a worker could not start';
    tell({ ringfence: 'failed', message }, () => process.exit(1));
    return await new Promise<never>(() => undefined);
  }
}

function tell(message: ToPrimary, sent?: () => void): void {
  process.send?.(message, undefined, undefined, sent);
}

/** Metrics whose page is that of all workers, because a scrape meets any one of them. */
function shared(metrics: Metrics): Metrics {
  AggregatorRegistry.setRegistries(metrics.registry);
  new AggregatorRegistry();
  const waiting = new Map<number, (page: string | undefined) => void>();
  let asked = 0;
  process.on('message', (message: unknown) => {
    if (!isOurs<ToWorker>(message) || message.ringfence !== 'metrics') return;
    waiting.get(message.id)?.(message.page);
  });
  return {
    ...metrics,
    async page() {
      const id = asked++;
      let timer: NodeJS.Timeout | undefined;
      const page = await new Promise<string | undefined>((resolve) => {
        waiting.set(id, resolve);
        timer = setTimeout(() => resolve(undefined), METRICS_MS);
        tell({ ringfence: 'metrics', id });
      });
      clearTimeout(timer);
      waiting.delete(id);
      if (page === undefined) throw new Error('the workers did not tell their metrics in time');
      return page;
    },
  };
}
