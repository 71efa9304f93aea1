// `npm start` without a key of Stripe's: a Stripe of our own, so that top-ups can be tried at once. Never in
// production, and never half: whoever sets any of Stripe's variables means the real one.

import { randomBytes } from 'node:crypto';

/** @typedef {{ said: string, deliverTo(url: string): void, stop(): Promise<void> }} SimulatedStripe */

const VARIABLES = ['STRIPE_API_KEY', 'STRIPE_WEBHOOK_SECRET', 'STRIPE_BASE_URL'];
const ROLES = ['', 'all', 'api'];

/** @param {NodeJS.ProcessEnv} env */
function isWanted(env) {
  return (
    env.NODE_ENV !== 'production' &&
    ROLES.includes(env.RINGFENCE_ROLE ?? '') &&
    VARIABLES.every((name) => !env[name])
  );
}

/**
 * Starts it in this process, so that nothing of it outlives us, and fills the environment with what the
 * application needs to use it. Undefined when Stripe is set up, or this process takes no payments.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<SimulatedStripe | undefined>}
 */
export async function provideStripe(env) {
  if (!isWanted(env)) return undefined;
  const { startStripe } = await import('../simulation/stripe/index.ts');
  const apiKey = 'sk_test_simulated';
  const secret = `whsec_${randomBytes(24).toString('hex')}`;
  // A bank debit settles while one watches.
  const simulator = await startStripe({ apiKey, settleMs: 5_000 });
  env.STRIPE_API_KEY = apiKey;
  env.STRIPE_BASE_URL = simulator.url;
  env.STRIPE_WEBHOOK_SECRET = secret;
  return {
    said:
      `Stripe is simulated at ${simulator.url}: no STRIPE_API_KEY is set, and no money moves.\n` +
      '  What it knows is forgotten when Ringfence stops; what was credited stays.',
    deliverTo(url) {
      // It speaks to this machine alone; elsewhere the comparison of lists finds what was paid.
      if (!['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)) return;
      simulator.control.setEndpoint({ url: `${url}/webhooks/stripe`, secret });
    },
    stop: () => simulator.stop(),
  };
}
