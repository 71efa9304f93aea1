/**
 * One story of a payment, told to the server in many orders by many senders at once: one end. By
 * default 40 orders; RINGFENCE_SHUFFLES=200 tells it 200 times.
 */
import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Difference, verify } from '../../persistence/index.ts';
import { organization, topUpOf, wallet } from '../test/tenants.ts';
import { type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

const SHUFFLES = Number(process.env.RINGFENCE_SHUFFLES ?? 40);
const SENDERS = 20;
const TIMEOUT_MS = 300_000;

let stage: StripeStage;
let organizationId: string;
beforeAll(async () => {
  stage = await stripeStage();
  organizationId = await organization(stage.app, 'Acme');
});
afterAll(() => stage.stop());

/** Paid 25; 5 given back; 3 given back and sent back again; 10 disputed, argued about and lost. */
async function story() {
  const walletId = await wallet(stage.app, organizationId);
  const { id, intent } = await stage.paid(walletId);
  const refund = (amount: number) =>
    stage.stripe.refunds.create({ payment_intent: intent, amount });
  await refund(500);
  await stage.control('refund-failures', { refund: (await refund(300)).id });
  const dispute = await stage.control('disputes', { payment_intent: intent, amount: 1000 });
  await stage.stripe.disputes.update(String(dispute.id), { submit: true });
  await stage.control('dispute-ends', { dispute: dispute.id, status: 'lost' });
  return { id, walletId, events: await stage.events(intent) };
}

type Story = Awaited<ReturnType<typeof story>>;

/** The same story of another payment, for an order and a wallet of its own. */
async function retold({ id, walletId, events }: Story, seed: number) {
  const mine = await wallet(stage.app, organizationId);
  const keys = { agency: '', organization: '', finance: '' };
  const topUpId = await topUpOf(stage.app, { organizationId, walletId: mine, keys });
  const text = JSON.stringify(events)
    .replaceAll(id, topUpId)
    .replaceAll(walletId, mine)
    .replaceAll(
      /\b((?:pi|ch|re|du|evt|cs_test|txn)_[0-9a-f]{16})[0-9a-f]{8}/g,
      `$1${number(seed)}`,
    );
  return { topUpId, walletId: mine, events: JSON.parse(text) as Stripe.Event[] };
}

const number = (seed: number) => String(seed).padStart(8, '0');

function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

test(
  `the story in ${SHUFFLES} orders, through the server, ends in one state, and verify is clean`,
  async () => {
    const told = await story();
    expect(told.events.length).toBeGreaterThan(10);
    const seeds = Array.from({ length: SHUFFLES }, (_, i) => i + 1);
    const sender = async () => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift())
        await tell(told, seed);
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    const found: Difference[] = [];
    const { stores, chainKey } = stage.app.core;
    for await (const one of verify({ sql: stores.ledger, chainKey })) found.push(one);
    expect(found).toEqual([]);
  },
  TIMEOUT_MS,
);

async function tell(told: Story, seed: number): Promise<void> {
  const { topUpId, walletId, events } = await retold(told, seed);
  for (const event of shuffled(events, seed)) {
    const answer = await stage.deliver(event);
    expect(answer.status, `seed ${seed}, ${event.type}: ${answer.text}`).toBe(200);
  }
  const { body } = await stage.app.request('GET', `/v1/top_ups/${topUpId}`);
  expect([await stage.posted(walletId), body.state], `seed ${seed}`).toEqual([10_000_000, 'lost']);
}
