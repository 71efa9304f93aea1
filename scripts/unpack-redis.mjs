// Gets the distribution's own Redis without root: apt downloads and verifies the packages, dpkg-deb unpacks
// them into the user's cache, and the server runs from there with its libraries beside it (1.4 MB, seconds).
// No npm package carries a usable Redis, and a project's tests should not ask for root.
//
// In Debian 12 the server binary is in redis-tools and redis-server has only a link to it: take both.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const PACKAGES = ['redis-tools', 'redis-server'];
/** Which package brings a library that the server asks for, by Debian's names. */
const LIBRARY_PACKAGES = new Map([
  ['libatomic', 'libatomic1'],
  ['libcrypto', 'libssl3'],
  ['libhiredis', 'libhiredis0.14'],
  ['libjemalloc', 'libjemalloc2'],
  ['liblua5', 'liblua5.1-0'],
  ['liblzf', 'liblzf1'],
  ['libssl', 'libssl3'],
  ['libstdc++', 'libstdc++6'],
  ['libsystemd', 'libsystemd0'],
]);
const LIBRARY_ROUNDS = 4;
const COMMAND_TIMEOUT_MS = 120_000;

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
function run(command, args, options = {}) {
  return spawnSync(command, args, { encoding: 'utf8', timeout: COMMAND_TIMEOUT_MS, ...options });
}

/** @param {string} root */
function libraryPath(root) {
  const folders = ['usr/lib', 'lib'].map((name) => path.join(root, name)).filter(fs.existsSync);
  return folders
    .flatMap((folder) => fs.readdirSync(folder).map((name) => path.join(folder, name)))
    .filter((entry) => fs.statSync(entry).isDirectory())
    .join(':');
}

/**
 * A downloader that works with the system's package lists, or, where they are empty (fresh containers)
 * or not ours to refresh, with private ones.
 * @param {string} work
 */
function aptDownloader(work) {
  const out = path.join(work, 'packages');
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'packages']) {
    fs.mkdirSync(path.join(work, name), { recursive: true });
  }
  const privately = [
    `-oDir::State=${work}/state`,
    '-oDir::State::status=/var/lib/dpkg/status',
    `-oDir::Cache=${work}/cache`,
    '-oDebug::NoLocking=1',
    '-oAPT::Sandbox::User=',
    '-oAcquire::Languages=none',
  ];
  /** @type {string[]} */
  let options = [];
  return (/** @type {string[]} */ names) => {
    const download = () => run('apt-get', ['-qq', ...options, 'download', ...names], { cwd: out });
    if (download().status === 0) return out;
    if (options.length > 0) return undefined;
    options = privately;
    if (run('apt-get', ['-qq', ...options, 'update']).status !== 0) return undefined;
    return download().status === 0 ? out : undefined;
  };
}

/** @param {string} root */
function missingLibraries(root) {
  const env = { ...process.env, LD_LIBRARY_PATH: libraryPath(root) };
  const { stdout } = run('ldd', [path.join(root, 'usr/bin/redis-server')], { env });
  const names = (stdout ?? '').split('\n').filter((line) => line.includes('not found'));
  const packages = names.map((line) => {
    const name = line.trim();
    return [...LIBRARY_PACKAGES].find(([prefix]) => name.startsWith(prefix))?.[1];
  });
  return [...new Set(packages.filter((name) => name !== undefined))];
}

/**
 * @param {string} root where the packages are unpacked to
 * @param {string} work scratch folder
 */
function downloadInto(root, work) {
  const download = aptDownloader(work);
  const unpack = (/** @type {string[]} */ names) => {
    const folder = download(names);
    if (folder === undefined) return false;
    const archives = fs.readdirSync(folder).filter((name) => name.endsWith('.deb'));
    return archives.every(
      (name) => run('dpkg-deb', ['-x', path.join(folder, name), root]).status === 0,
    );
  };
  if (!unpack(PACKAGES)) return false;
  for (let round = 0; round < LIBRARY_ROUNDS; round += 1) {
    const missing = missingLibraries(root);
    if (missing.length === 0) return true;
    if (!unpack(missing)) return false;
  }
  return missingLibraries(root).length === 0;
}

/**
 * The unpacked server, from the cache when it is there. Undefined where there is no apt or no network.
 * @returns {{ command: string, libraryPath: string } | undefined}
 */
export function unpackRedis() {
  const cacheHome = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  const root = path.join(cacheHome, 'ringfence', `redis-${process.arch}`);
  const found = () => ({
    command: path.join(root, 'usr/bin/redis-server'),
    libraryPath: libraryPath(root),
  });
  if (fs.existsSync(found().command)) return found();
  if (process.platform !== 'linux' || run('apt-get', ['--version']).status !== 0) return undefined;
  console.log('redis: not installed; fetching the distribution package into', root);
  fs.mkdirSync(path.dirname(root), { recursive: true });
  // Work beside the target and rename at the end: two runs at once, or a killed one, leave no half cache.
  const work = fs.mkdtempSync(`${root}.`);
  try {
    const fresh = path.join(work, 'root');
    fs.mkdirSync(fresh);
    if (!downloadInto(fresh, work)) return undefined;
    try {
      fs.renameSync(fresh, root);
    } catch (error) {
      if (!fs.existsSync(found().command)) throw error;
    }
    return found();
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}
