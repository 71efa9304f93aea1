/**
 * The composition root: the only file that reads the configuration and starts everything.
 *
 *   configuration -> stores (wait, check, migrate) -> engine behind its gate -> flusher, enforcer
 *   -> HTTP
 *
 * It stops in the opposite order: no new connections, requests finished, journal drained, closed.
 */
import { createApplication } from './compose/application.ts';
import { startBackground } from './compose/background.ts';
import { type Core, startCore } from './compose/core.ts';
import { readConfig } from './config.ts';
import type { Environment } from './config-schema.ts';
import { printBanner } from './development/banner.ts';
import { watchFlusher } from './flusher-pulse.ts';
import { createLog } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createReadiness } from './readiness.ts';
import { type HttpServer, listen } from './server.ts';

export {
  type ReconcileOnce,
  reconcileOnce,
  reconcilePaymentsOnce,
} from './compose/reconcile-once.ts';

export interface Running {
  /** Where it listens, such as http://127.0.0.1:8080. */
  url: string;
  /** Ends everything in order; safe to call twice. */
  stop(): Promise<void>;
}

/** How long requests may take to finish when the process is asked to stop. */
const REQUESTS_MS = 8_000;

/**
 * Runs Ringfence as the environment says, and answers when it listens.
 * @throws ConfigError, or an Error that names the store that does not answer
 */
export async function main(env: NodeJS.ProcessEnv = process.env): Promise<Running> {
  const config = readConfig(env);
  const log = createLog(config.RINGFENCE_LOG_LEVEL);
  const metrics = createMetrics();
  const core = await startCore(config, log, metrics);
  try {
    return await run(config, core, metrics);
  } catch (error) {
    await core.stop();
    throw error;
  }
}

async function run(config: Environment, core: Core, metrics: Metrics): Promise<Running> {
  const { log } = core;
  metrics.follow(core.engine);
  const background = startBackground(core, metrics);
  const { RINGFENCE_ROLE: role } = config;
  const pulse = watchFlusher(core.stores.directory, {
    flushes: role === 'all' || role === 'flusher',
  });
  let stopping: Promise<void> | undefined;
  const readiness = createReadiness({
    engine: core.engine,
    sql: core.stores.directory,
    backlogMaxAgeMs: config.RINGFENCE_BACKLOG_MAX_AGE_SECONDS * 1000,
    pulse,
    stopping: () => stopping !== undefined,
  });
  const app = createApplication(core, metrics, readiness);
  const host = config.RINGFENCE_HOST ?? (config.RINGFENCE_DEV ? '127.0.0.1' : '0.0.0.0');
  let server: HttpServer;
  try {
    server = await listen(app.fetch, { host, port: config.PORT, log });
  } catch (error) {
    pulse.stop();
    await background.stop();
    throw portError(error, config.PORT);
  }
  const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${server.port}`;
  log.info({ url, role }, 'listening');
  if (config.RINGFENCE_DEV) await printBanner(core, url);
  return {
    url,
    stop() {
      stopping ??= stopAll();
      return stopping;
    },
  };

  async function stopAll(): Promise<void> {
    pulse.stop();
    await server.stop(REQUESTS_MS);
    await background.stop();
    await core.stop();
    log.info('stopped');
    log.flush();
  }
}

function portError(error: unknown, port: number): unknown {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (!inUse) return error;
  return new Error(`PORT ${port} is in use by another program; set PORT to a free one`);
}
