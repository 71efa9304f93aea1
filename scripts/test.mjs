// `npm test`: everything that decides whether a change may land, in order, cheapest first, stopping at the
// first failure with its output. Arguments go to vitest: `npm test -- engine/authorize`. With `--cluster` the
// tests of engine and persistence, or the named ones, each get a six-node Redis Cluster instead of one Redis.
//
// Nothing here touches the databases of the environment: tests run on servers of their own (testing/), in
// a temporary directory that is removed at the end, whichever way it ends.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ensureInstalled, ROOT } from './install.mjs';
import { makeTestFolder, removeTestFolder } from './test-folder.mjs';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} args of Node
 * @property {boolean} [shown] whether its output is shown while it runs
 * @property {NodeJS.ProcessEnv} [env] beside ours
 * @property {number} [timeoutMs]
 */

/** Says that it is stuck: a quarter of an hour is usual, and a machine that others use takes several times as long. */
const STEP_TIMEOUT_MS = 2_700_000;
/** Six Redis processes a test file, and for some a test: minutes instead of seconds. */
const CLUSTER_TIMEOUT_MS = 5_400_000;
const CLUSTER_TESTS = ['engine', 'persistence'];
const CLUSTER_LIMITS = ['--maxWorkers', '2', '--testTimeout', '120000', '--hookTimeout', '120000'];
const KILL_DELAY_MS = 10_000;
const GENERATOR = 'engine/generate/main.ts';

/**
 * @param {string[]} vitestArgs
 * @returns {Step[]}
 */
function steps(vitestArgs) {
  const modules = (/** @type {string} */ name) => path.join('node_modules', name);
  const generated = { name: 'generated', args: ['--import', 'tsx', GENERATOR, '--check'] };
  return [
    { name: 'lock', args: ['scripts/check-lock.mjs'] },
    { name: 'lint', args: [modules('@biomejs/biome/bin/biome'), 'check', '.'] },
    { name: 'imports', args: ['scripts/check-imports.mjs'] },
    { name: 'style', args: ['scripts/check-style.mjs'] },
    ...(fs.existsSync(path.join(ROOT, GENERATOR)) ? [generated] : []),
    { name: 'types', args: [modules('typescript/bin/tsc'), '--noEmit'] },
    { name: 'tests', args: [modules('vitest/vitest.mjs'), 'run', ...vitestArgs], shown: true },
  ];
}

/**
 * @param {string[]} args of vitest
 * @returns {Step[]}
 */
function clusterSteps(args) {
  const named = args.some((arg) => !arg.startsWith('-'));
  const [tests] = steps([...(named ? [] : CLUSTER_TESTS), ...CLUSTER_LIMITS, ...args]).slice(-1);
  if (tests === undefined) return [];
  return [{ ...tests, env: { RINGFENCE_TEST_REDIS: 'cluster' }, timeoutMs: CLUSTER_TIMEOUT_MS }];
}

/** @param {string} folder where the step may put temporary files */
function stepEnvironment(folder) {
  // A developer's shell may point at databases that are worth something; tests never see them.
  const { REDIS_URL: _redis, DATABASE_URL: _database, ...rest } = process.env;
  return { ...rest, TMPDIR: folder };
}

/**
 * @param {Step} step
 * @param {string} folder
 * @returns {Promise<number>} its exit code
 */
function run(step, folder) {
  const { promise, resolve } = deferred();
  const child = spawn(process.execPath, step.args, {
    cwd: ROOT,
    env: { ...stepEnvironment(folder), ...step.env },
    stdio: step.shown ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (/** @type {Buffer} */ chunk) => output.push(chunk));
  }
  const end = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), KILL_DELAY_MS).unref();
  };
  const { timeoutMs = STEP_TIMEOUT_MS } = step;
  const timer = setTimeout(() => {
    console.error(`${step.name}: ended after ${timeoutMs / 1000} s`);
    end();
  }, timeoutMs);
  process.on('SIGINT', end).on('SIGTERM', end);
  child.once('error', () => resolve(1));
  child.once('close', (code) => {
    clearTimeout(timer);
    process.off('SIGINT', end).off('SIGTERM', end);
    if (code !== 0) process.stdout.write(Buffer.concat(output));
    resolve(code ?? 1);
  });
  return promise;
}

/** @returns {{ promise: Promise<number>, resolve: (code: number) => void }} */
function deferred() {
  /** @type {(code: number) => void} */
  let resolve = () => {};
  const promise = /** @type {Promise<number>} */ (new Promise((settle) => (resolve = settle)));
  return { promise, resolve };
}

/**
 * @param {string[]} args of vitest, and `--cluster`
 * @returns {Promise<number>} the exit code
 */
export async function test(args) {
  const vitestArgs = args.filter((arg) => arg !== '--cluster');
  const isCluster = vitestArgs.length < args.length;
  await ensureInstalled({ withDev: true });
  const folder = makeTestFolder();
  try {
    for (const step of isCluster ? clusterSteps(vitestArgs) : steps(vitestArgs)) {
      const startedAt = performance.now();
      const code = await run(step, folder);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      if (!step.shown || code !== 0)
        console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${step.name} ${seconds} s`);
      if (code !== 0) return code;
    }
    return 0;
  } finally {
    removeTestFolder(folder);
  }
}
