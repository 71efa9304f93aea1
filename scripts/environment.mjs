// What a Ringfence process needs in its environment: the addresses of both databases, its data directory as
// an absolute path, and, outside production, leave to make its own keys (api/config.ts keeps them there).

import { waitUntil } from './processes.mjs';
import { dataDirectory, readServices, servicesOwner, startServices } from './services.mjs';

/** A first `npm start` in another terminal may still be making its database. */
const OTHER_START_TIMEOUT_MS = 60_000;

function missing() {
  return { redis: !process.env.REDIS_URL, postgres: !process.env.DATABASE_URL };
}

/** @param {{ redisUrl?: string | undefined, postgresUrl?: string | undefined }} urls */
function fill({ redisUrl, postgresUrl }) {
  process.env.RINGFENCE_DATA_DIR = dataDirectory();
  process.env.REDIS_URL ||= redisUrl ?? '';
  process.env.DATABASE_URL ||= postgresUrl ?? '';
  if (process.env.NODE_ENV !== 'production') process.env.RINGFENCE_DEV ||= '1';
}

/**
 * Starts whatever REDIS_URL and DATABASE_URL do not name, and answers how to stop it.
 * @returns {Promise<() => Promise<void>>}
 */
export async function provideServices() {
  const wanted = missing();
  if (!wanted.redis && !wanted.postgres) {
    fill({});
    return async () => {};
  }
  const services = await startServices(dataDirectory(), wanted);
  fill(services);
  return services.stop;
}

/**
 * Like `provideServices`, but joins the services of a Ringfence that already runs on the data directory.
 * @returns {Promise<() => Promise<void>>}
 */
export async function joinServices() {
  const wanted = missing();
  const dir = dataDirectory();
  const owner = servicesOwner(dir);
  if (owner === undefined || !(wanted.redis || wanted.postgres)) return provideServices();
  const complete = () => {
    const file = readServices(dir);
    if (file?.owner !== owner) return false;
    return (
      (!wanted.redis || file.redis !== undefined) &&
      (!wanted.postgres || file.postgres !== undefined)
    );
  };
  const ready = await waitUntil(complete, OTHER_START_TIMEOUT_MS, 100);
  const file = readServices(dir);
  if (!ready || file === undefined) {
    throw new Error(
      `Ringfence (process ${owner}) runs on ${dir} with databases of its own environment; ` +
        'set the same REDIS_URL and DATABASE_URL here',
    );
  }
  fill({ redisUrl: file.redis?.url, postgresUrl: file.postgres?.url });
  return async () => {};
}
