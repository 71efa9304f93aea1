// Questions about processes, ours and those that earlier runs left behind.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

/**
 * What tells this process from a later one with the same pid: its start time. Empty when it is gone.
 * @param {number} pid
 */
export function processIdentity(pid) {
  if (!Number.isSafeInteger(pid) || pid <= 0) return '';
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
    }).stdout.trim();
  }
  try {
    // The command name may hold spaces and parentheses, so count fields from the last parenthesis.
    const fields = fs
      .readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

/**
 * Waits until a condition holds, and answers whether it did in time.
 * @param {() => boolean | Promise<boolean>} condition
 * @param {number} timeoutMs
 */
export async function waitUntil(condition, timeoutMs, intervalMs = 20) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

/**
 * Ends a server that an earlier, killed run left behind.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export async function stopLeftover(pid, signal, timeoutMs = 15_000) {
  const identity = processIdentity(pid);
  const gone = () => processIdentity(pid) !== identity;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH') return;
    throw error;
  }
  if (!(await waitUntil(gone, timeoutMs))) {
    throw new Error(`a server of an earlier run (pid ${pid}) does not stop; end it by hand`);
  }
}
