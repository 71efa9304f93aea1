// Ports are chosen between 15000 and 25000: below the ephemeral range, from which the kernel lends ports
// to outgoing connections at any moment, and away from the well-known ports of a system Redis or Postgres.

import net from 'node:net';

const FIRST = 15_000;
const COUNT = 10_000;
const ATTEMPTS = 200;

/**
 * Each test worker, and what it starts, chooses from a part of its own: a port that was chosen and not yet
 * bound, or whose server is being restarted, looks free to others.
 */
const PARTS = 5;

/** @returns {number} a port to try */
function anyPort() {
  const worker = process.env.VITEST_POOL_ID;
  if (worker === undefined) return FIRST + Math.floor(Math.random() * COUNT);
  const size = COUNT / PARTS;
  return FIRST + (Number(worker) % PARTS) * size + Math.floor(Math.random() * size);
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * A free port on loopback: the preferred one if nobody has taken it, else a random one.
 * @param {number} [preferred]
 */
export async function freePort(preferred) {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = anyPort();
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${FIRST + COUNT}`);
}
