// A lock file written where the registry view lags misses other platforms' binaries, and `npm ci` then fails
// for everybody on those platforms while plain `npm install` hides it. So: every optional dependency named
// anywhere in the lock has its entry in the lock, and no entry carries the address of a particular registry.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ optionalDependencies?: Record<string, string>, resolved?: string }} Entry */

/**
 * Looks a dependency up as Node would: beside the package, then outwards.
 * @param {Record<string, Entry>} packages
 * @param {string} from
 * @param {string} dependency
 */
function isLocked(packages, from, dependency) {
  for (let folder = from; ; ) {
    if (`${folder ? `${folder}/` : ''}node_modules/${dependency}` in packages) return true;
    if (folder === '') return false;
    const outer = folder.lastIndexOf('node_modules/');
    folder = outer > 0 ? folder.slice(0, outer - 1) : '';
  }
}

/**
 * @param {{ packages: Record<string, Entry> }} lock
 * @returns {string[]} one line per fault
 */
export function lockFaults({ packages }) {
  const missing = Object.entries(packages).flatMap(([name, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((dependency) => !isLocked(packages, name, dependency))
      .map((dependency) => `${name || 'package.json'}: ${dependency} is missing from the lock`),
  );
  const addressed = Object.entries(packages)
    .filter(([, entry]) => entry.resolved !== undefined)
    .map(
      ([name]) =>
        `${name}: carries a registry address; write the lock with omit-lockfile-registry-resolved`,
    );
  return [...missing, ...addressed];
}

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
if (
  process.argv[1] !== undefined &&
  path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  const faults = lockFaults(JSON.parse(fs.readFileSync(file, 'utf8')));
  for (const fault of faults) console.error(fault);
  process.exit(faults.length === 0 ? 0 : 1);
}
