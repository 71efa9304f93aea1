// `npm start`: packages, databases, then the application in this same process, with a simulated Stripe
// where no key of the real one is set.

import { existsSync } from 'node:fs';
import { provideServices } from './environment.mjs';
import { ensureInstalled } from './install.mjs';
import { onStopRequest } from './signals.mjs';
import { provideStripe } from './simulated-stripe.mjs';

/** @typedef {{ stop(): Promise<void> }} Application */

/** Finishing requests and flushing what is acknowledged; then the databases stop whatever happens. */
const STOP_TIMEOUT_MS = 20_000;

/** @returns {Promise<Application>} */
async function startApplication() {
  const { register } = await import('tsx/esm/api');
  register();
  const entry = new URL('../api/main.ts', import.meta.url);
  if (!existsSync(entry)) throw new Error('api/main.ts is missing');
  const stripe = await provideStripe(process.env);
  try {
    const { main } = await import(entry.href);
    const application = await main();
    if (stripe === undefined) return application;
    stripe.deliverTo(application.url);
    console.log(`  ${stripe.said}\n`);
    return {
      async stop() {
        await application.stop();
        await stripe.stop();
      },
    };
  } catch (error) {
    await stripe?.stop();
    throw error;
  }
}

/**
 * @param {Application} application
 * @param {Promise<void>} hurried
 */
async function stopApplication(application, hurried) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve('late'), STOP_TIMEOUT_MS);
  });
  const outcome = await Promise.race([application.stop(), late, hurried.then(() => 'hurried')]);
  clearTimeout(timer);
  if (outcome === undefined) return;
  console.error(
    'ringfence: stopped without waiting; the journal in Redis keeps what was not flushed',
  );
}

/**
 * `--workers N` is RINGFENCE_WORKERS=N.
 * @param {string[]} args
 */
function readArguments(args) {
  const [, workers] = /^--workers[= ](\d{1,2})$/.exec(args.join(' ')) ?? [];
  if (workers !== undefined) process.env.RINGFENCE_WORKERS = workers;
  else if (args.length > 0) throw new Error('usage: npm start -- --workers <number of processes>');
}

/**
 * Runs until asked to stop, and answers the exit code.
 * @param {string[]} args
 */
export async function start(args = []) {
  readArguments(args);
  /** @type {() => void} */
  let hurry = () => {};
  const hurried = /** @type {Promise<void>} */ (new Promise((resolve) => (hurry = resolve)));
  /** @type {Promise<void>} */
  const asked = new Promise((resolve) => onStopRequest({ stop: resolve, hurry: () => hurry() }));

  await ensureInstalled({ withDev: false });
  const stopServices = await provideServices();
  try {
    // Starting may wait for a database that is away: a signal ends that wait too.
    const application = await Promise.race([startApplication(), asked]);
    if (application === undefined) return 0;
    await asked;
    await stopApplication(application, hurried);
  } finally {
    await stopServices();
  }
  return 0;
}
