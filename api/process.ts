/**
 * One process of Ringfence, with the role that its configuration gives it:
 *
 *   stores (wait, check, migrate) -> engine behind its gate -> flusher, enforcer -> HTTP
 *
 * It stops in the opposite order: no new connections, requests finished, journal drained, closed.
 */
import { createApplication } from './compose/application.ts';
import { startBackground } from './compose/background.ts';
import { type Core, startCore } from './compose/core.ts';
import type { Environment } from './config-schema.ts';
import { printBanner } from './development/banner.ts';
import { watchFlusher } from './flusher-pulse.ts';
import { createLog } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createReadiness } from './readiness.ts';
import { type HttpServer, listen } from './server.ts';

export interface Running {
  /** Where it listens, such as http://127.0.0.1:8080; empty when it does not. */
  url: string;
  /** Ends everything in order; safe to call twice. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  metrics?: Metrics;
  /** false: no port, because others of this installation answer there. */
  listens?: boolean;
  /** Print where it listens and what to try; by default in development. */
  banner?: boolean;
}

/** How long requests may take to finish when the process is asked to stop. */
const REQUESTS_MS = 8_000;

/** @throws an Error that names the store that does not answer, or the port that is taken */
export async function startProcess(
  config: Environment,
  options: ProcessOptions = {},
): Promise<Running> {
  const log = createLog(config.RINGFENCE_LOG_LEVEL);
  const metrics = options.metrics ?? createMetrics();
  const core = await startCore(config, log, metrics);
  try {
    return await run(core, metrics, options);
  } catch (error) {
    await core.stop();
    throw error;
  }
}

async function run(core: Core, metrics: Metrics, options: ProcessOptions): Promise<Running> {
  const { config, log } = core;
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
  const { app, direct } = createApplication(core, metrics, readiness);
  const host = config.RINGFENCE_HOST ?? (config.RINGFENCE_DEV ? '127.0.0.1' : '0.0.0.0');
  let server: HttpServer | undefined;
  if (options.listens ?? true) {
    try {
      server = await listen(app.fetch, { host, port: config.PORT, log, direct });
    } catch (error) {
      pulse.stop();
      await background.stop();
      throw portError(error, config.PORT);
    }
  }
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host;
  const url = server === undefined ? '' : `http://${shown}:${server.port}`;
  log.info({ url, role, pid: process.pid }, server === undefined ? 'working' : 'listening');
  if (options.banner ?? config.RINGFENCE_DEV) await printBanner(core, url);
  return {
    url,
    stop() {
      stopping ??= stopAll();
      return stopping;
    },
  };

  async function stopAll(): Promise<void> {
    pulse.stop();
    await server?.stop(REQUESTS_MS);
    await background.stop();
    await core.stop();
    log.info('stopped');
    await new Promise<void>((resolve) => log.flush(() => resolve()));
  }
}

function portError(error: unknown, port: number): unknown {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (!inUse) return error;
  return new Error(`PORT ${port} is in use by another program; set PORT to a free one`);
}
