// Installs the packages when what is installed is not what package-lock.json says: after a clone, a pull, or
// an install that was interrupted. npm keeps its own record of what it has put into node_modules, written
// last, so comparing the two needs no stamp of ours.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock-file.mjs';

/**
 * @typedef {{ version?: string, integrity?: string, dev?: boolean, optional?: boolean,
 *   devOptional?: boolean, link?: boolean }} LockedPackage
 */

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * True when everything the lock asks for is there in its locked version. Optional packages may be absent:
 * they are other platforms' binaries.
 * @param {Record<string, LockedPackage>} locked
 * @param {Record<string, LockedPackage> | undefined} installed
 * @param {boolean} withDev
 */
export function isInstalled(locked, installed, withDev) {
  if (installed === undefined) return false;
  return Object.entries(locked).every(([name, wanted]) => {
    if (name === '' || wanted.link) return true;
    const present = installed[name];
    if (present !== undefined) {
      return present.version === wanted.version && present.integrity === wanted.integrity;
    }
    const isDev = wanted.dev === true || wanted.devOptional === true;
    return wanted.optional === true || (isDev && !withDev);
  });
}

/** @param {boolean} withDev */
function isUpToDate(withDev) {
  const locked = readPackages(path.join(ROOT, 'package-lock.json'));
  if (locked === undefined) throw new Error('package-lock.json is missing or unreadable');
  const installed = readPackages(path.join(ROOT, 'node_modules/.package-lock.json'));
  return isInstalled(locked, installed, withDev);
}

/**
 * Runs `npm ci` if needed. Two commands started at once install once: the second waits for the first.
 * @param {{ withDev: boolean }} options whether the development tools are needed too
 */
export async function ensureInstalled({ withDev }) {
  if (isUpToDate(withDev)) return;
  const lock = path.join(ROOT, '.ringfence-install.lock');
  await withLock(lock, INSTALL_TIMEOUT_MS, async () => {
    if (isUpToDate(withDev)) return;
    console.log('ringfence: installing packages (once, about half a minute)');
    const npm = process.env.npm_execpath;
    const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []];
    const args = [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
    const result = spawnSync(command, args, {
      cwd: ROOT,
      stdio: 'inherit',
      timeout: INSTALL_TIMEOUT_MS,
    });
    if (result.status !== 0) throw new Error('npm ci failed; its output above says why');
    if (!isUpToDate(withDev)) {
      throw new Error('packages are missing after npm ci; unset NODE_ENV and npm omit settings');
    }
  });
}
