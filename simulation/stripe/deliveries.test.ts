import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../providers/test/eventually.ts';
import { type Simulated, sdk, simulated } from './test/simulated.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function started(options: Parameters<typeof simulated>[0]): Promise<Simulated> {
  const world = await simulated(options);
  stops.push(world.stop);
  return world;
}

test('an event is sent again until it is taken, and no more', async () => {
  const { stripe, receiver, received, simulator } = await started({});
  receiver.answer = () => ({ status: receiver.received.length < 3 ? 503 : 200 });
  await stripe.customers.create({ name: 'Acme' });
  await eventually(() => simulator.control.counts().delivered).toBe(1);
  expect(new Set(received().map(({ id }) => id)).size).toBe(1);
  expect(receiver.received).toHaveLength(3);
});

test('events are lost, doubled and delayed as the faults say, and sent again on request', async () => {
  const { stripe, received, simulator, types } = await started({
    faults: { webhooks: { 'customer.created': { duplicate: 1 }, 'customer.deleted': { lost: 1 } } },
    scale: 100,
  });
  const { id } = await stripe.customers.create({});
  await stripe.customers.del(id);
  await types(['customer.created', 'customer.created']);
  const lost = simulator.control.events().find(({ type }) => type === 'customer.deleted');
  simulator.control.setFaults({});
  simulator.control.resend(lost?.id ?? '');
  await eventually(() => received().at(-1)?.type).toBe('customer.deleted');
});

test.each([
  ['errorBefore', 0],
  ['resetAfter', 1],
] as const)('%s: an answer that is lost is had again with the same key', async (fault, made) => {
  const { stripe, simulator } = await started({ faults: { requests: { create: { [fault]: 1 } } } });
  const create = () => stripe.customers.create({ name: 'Acme' }, { idempotencyKey: 'c' });
  await expect(create()).rejects.toThrow();
  expect(simulator.control.counts().customers).toBe(made);
  simulator.control.setFaults({});
  await create();
  expect(simulator.control.counts().customers).toBe(1);
});

test('a failure of Stripe’s own is the outcome of its key, and no other’s', async () => {
  const { stripe, simulator } = await started({
    faults: { requests: { create: { errorAfter: 1 } } },
  });
  const create = (idempotencyKey: string) =>
    stripe.customers.create({ name: 'Acme' }, { idempotencyKey });
  await expect(create('c')).rejects.toMatchObject({ statusCode: 503 });
  simulator.control.setFaults({});
  await expect(create('c')).rejects.toMatchObject({ statusCode: 503 });
  expect(simulator.control.counts().customers).toBe(1);
  await create('d');
  expect(simulator.control.counts().customers).toBe(2);
  await expect(create('k'.repeat(256))).rejects.toMatchObject({ statusCode: 400 });
  await create('k'.repeat(255));
});

test('it is a process of its own, controlled over HTTP, that stops when told', async () => {
  const main = new URL('main.ts', import.meta.url).pathname;
  const options = ['--api-key', 'sk_test_process', '--seed', '5'];
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', main, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  stops.push(async () => child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { url, seed } = JSON.parse(line) as { url: string; seed: number };
  expect(seed).toBe(5);
  const stripe = sdk(url, 'sk_test_process');
  const post = (path: string, body: unknown) =>
    fetch(`${url}/simulation/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const intent = await stripe.paymentIntents.create({
    amount: 2500,
    currency: 'usd',
    confirm: true,
    return_url: 'http://127.0.0.1/done',
    payment_method: 'pm_card_visa',
  });
  const dispute = (await (await post('disputes', { payment_intent: intent.id })).json()) as {
    id: string;
  };
  expect((await post('dispute-ends', { dispute: dispute.id, status: 'won' })).status).toBe(204);
  expect((await stripe.disputes.retrieve(dispute.id)).status).toBe('won');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
