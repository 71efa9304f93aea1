/**
 * Ports of processes that are started a good while after their port was chosen, and killed and started on it
 * again. Nobody else chooses here: servers are started between 15000 and 25000, and the kernel lends ports
 * from 32768 on.
 */
import { freePort } from '../../scripts/free-port.mjs';

const FIRST = 25_000;
/** One part for each test worker. */
const PARTS = 7;
const SIZE = 1_000;

let next = Math.floor(Math.random() * SIZE);

/** A port that is free, and that this process has not given to another. */
export async function laterPort(): Promise<number> {
  const part = Number(process.env.VITEST_POOL_ID ?? process.pid) % PARTS;
  for (let tried = 0; tried < SIZE; tried += 1) {
    const port = FIRST + part * SIZE + next;
    next = (next + 1) % SIZE;
    if ((await freePort(port)) === port) return port;
  }
  throw new Error('no port is free');
}
