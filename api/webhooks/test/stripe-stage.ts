/** An application with a simulated Stripe, whose events the test delivers: when, and how often. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Stripe from 'stripe';
import { type ApiAnswer, type TestApplication, testApplication } from '../../test/application.ts';

export const API_KEY = 'sk_test_of_the_stage';
export const SECRETS = ['whsec_new_of_the_stage', 'whsec_old_of_the_stage'] as const;

export interface StripeStage {
  readonly app: TestApplication;
  readonly stripe: Stripe;
  readonly url: string;
  /** Orders a top-up; the answer must be 201. */
  order(walletId: string, fields?: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** What a payer does on the page of a top-up. */
  visit(topUp: Record<string, unknown>, outcome: string): Promise<void>;
  /** Orders one and pays it. Answers the top-up and its payment; no event is delivered. */
  paid(walletId: string, fields?: Record<string, unknown>): Promise<{ id: string; intent: string }>;
  /** The events about a payment that Stripe has made, oldest first. */
  events(paymentIntent: string): Promise<Stripe.Event[]>;
  deliver(event: object, secret?: string): Promise<ApiAnswer>;
  control(path: string, body: unknown): Promise<Record<string, unknown>>;
  posted(walletId: string): Promise<number>;
  stop(): Promise<void>;
}

export async function stripeStage(
  lines?: string[],
  options: { readonly background?: boolean } = {},
): Promise<StripeStage> {
  const simulator = await simulatorProcess();
  const env = {
    STRIPE_API_KEY: API_KEY,
    STRIPE_BASE_URL: simulator.url,
    STRIPE_WEBHOOK_SECRET: SECRETS.join(','),
    RINGFENCE_RECONCILE_SECONDS: '86400',
    ...(lines && { RINGFENCE_LOG_LEVEL: 'info' }),
  };
  const app = await testApplication(env, lines, options);
  const { hostname: host, port } = new URL(simulator.url);
  const stripe = new Stripe(API_KEY, { host, port, protocol: 'http', telemetry: false });
  const stage: StripeStage = {
    app,
    stripe,
    url: simulator.url,
    async order(walletId, fields) {
      const body = {
        ...(fields?.package_id === undefined && { amount_micros: 25_000_000 }),
        success_url: 'http://127.0.0.1/done',
        ...fields,
      };
      const answer = await app.request('POST', `/v1/wallets/${walletId}/top_ups`, { body });
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body;
    },
    async visit(topUp, outcome) {
      const body = new URLSearchParams({ outcome });
      await fetch(String(topUp.url), { method: 'POST', body, redirect: 'manual' });
    },
    async paid(walletId, fields) {
      const topUp = await stage.order(walletId, fields);
      await stage.visit(topUp, 'pay');
      const session = await stripe.checkout.sessions.retrieve(String(topUp.checkout_session_id));
      return { id: String(topUp.id), intent: String(session.payment_intent) };
    },
    async events(paymentIntent) {
      const all = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 5000 });
      return all.reverse().filter((event) => JSON.stringify(event).includes(paymentIntent));
    },
    deliver(event, secret = SECRETS[0]) {
      const payload = JSON.stringify(event);
      const signature = stripe.webhooks.generateTestHeaderString({ payload, secret });
      const headers = { 'stripe-signature': signature, authorization: '' };
      return app.request('POST', '/webhooks/stripe', { raw: payload, headers });
    },
    async control(path, body) {
      const init = { method: 'POST', body: JSON.stringify(body) };
      const answer = await fetch(`${simulator.url}/simulation/${path}`, init);
      if (!answer.ok) throw new Error(await answer.text());
      return answer.status === 204 ? {} : ((await answer.json()) as Record<string, unknown>);
    },
    async posted(walletId) {
      const { body } = await app.request('GET', `/v1/wallets/${walletId}`);
      return Number(body.posted_micros);
    },
    async stop() {
      await app.stop();
      await simulator.stop();
    },
  };
  return stage;
}

/** The simulated Stripe as a process of its own; no event is sent by it. */
export async function simulatorProcess() {
  const main = fileURLToPath(new URL('../../../simulation/stripe/main.ts', import.meta.url));
  const args = ['--import', 'tsx', main, '--api-key', API_KEY, '--attached'];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { url: string };
    return {
      url,
      async stop() {
        child.kill('SIGTERM');
        await closed;
      },
    };
  }
  throw new Error('the simulator ended before it listened');
}
