/** What receivers do that a dispatcher has to live with, and what one of them may not do to others. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Receiver, receiver, type Taken } from '../testing/webhook-receiver.ts';
import { type DeliveryStage, deliveryStage, HOUR, MINUTE, SECOND } from './test/delivery-stage.ts';

let stage: DeliveryStage;
beforeAll(async () => {
  stage = await deliveryStage();
});
beforeEach(() => stage.begin());
afterAll(() => stage.stop());

/** On a busy machine. */
const LIMIT_MS = 300_000;

const wallets = (count: number) => Array.from({ length: count }, (_, place) => `wal_${place}`);
const sequencesOf = (taken: readonly Taken[], walletId: string) =>
  taken
    .filter(({ event: { data } }) => data.wallet_id === walletId)
    .map(({ event: { data } }) => Number(data.sequence));
const inOrder = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

test('an answer with characters that no database takes is recorded all the same', async () => {
  const { id } = await stage.endpoint();
  const body = `\0half \ud83d${'\0'.repeat(2_000)}`;
  stage.hooks.answer(() => ({ status: 200, body }));
  const [eventId] = await stage.written(['wal_a'], 2);
  const dispatch = stage.dispatcher();
  await stage.pass(dispatch, 3 * MINUTE, 30 * SECOND);
  expect(stage.idsTaken()[0]).toBe(eventId);
  expect(stage.hooks.arrived).toHaveLength(2);
  expect(await stage.states(id)).toEqual(['delivered', 'delivered']);
  const [delivery] = (await stage.directory.deliveryList.list(id, { limit: 1 })).data;
  const [attempt] = await stage.directory.deliveryList.attempts(delivery?.id ?? '');
  expect(attempt?.answer).toMatch(/^\ufffdhalf /);
});

describe('an endpoint that comes back after two hours', () => {
  test(
    'and still fails now and then keeps the order of each wallet',
    async () => {
      await stage.endpoint();
      const all = wallets(6);
      await stage.hooks.close();
      const dispatch = stage.dispatcher();
      for (let round = 0; round < 8; round += 1) {
        await stage.written(all, 2);
        await stage.pass(dispatch, 15 * MINUTE, 3 * MINUTE);
      }
      // The first answers after the start are as of a server that is half up.
      let answers = 0;
      stage.hooks.answer(() => ({ status: ++answers <= 40 && answers % 3 !== 0 ? 503 : 200 }));
      await stage.hooks.open();
      await stage.pass(dispatch, HOUR, MINUTE);
      expect(stage.hooks.taken).toHaveLength(96);
      for (const walletId of all) {
        const sequences = sequencesOf(stage.hooks.taken, walletId);
        expect(sequences).toEqual(inOrder(sequences));
      }
    },
    LIMIT_MS,
  );
});

describe('an endpoint that is asked for patience', () => {
  test('by one of several answers has it, whatever the others say', async () => {
    const { id } = await stage.endpoint();
    stage.hooks.answer(({ event: { data } }) => {
      if (data.wallet_id === 'wal_0') {
        return { status: 429, headers: { 'retry-after': '600' } };
      }
      return { status: data.wallet_id === 'wal_1' ? 500 : 200 };
    });
    await stage.written(wallets(8), 1);
    const dispatch = stage.dispatcher();
    await dispatch.round();
    expect(stage.hooks.arrived).toHaveLength(8);
    await stage.written(['wal_9'], 1);
    await stage.pass(dispatch, 9 * MINUTE, MINUTE);
    expect(stage.hooks.arrived).toHaveLength(8);
    stage.hooks.answer(() => ({ status: 200 }));
    await stage.pass(dispatch, 3 * MINUTE, MINUTE);
    expect(new Set(await stage.states(id))).toEqual(new Set(['delivered']));
  });
});

test(
  'an endpoint that is down is left alone for 5 s, doubling, however many tries fail at once',
  async () => {
    const { id } = await stage.endpoint();
    stage.hooks.answer(() => ({ status: 503 }));
    await stage.written(wallets(30), 1);
    const dispatch = stage.dispatcher();
    const begun = stage.now;
    const looks: number[] = [];
    let seen = 0;
    for (let second = 0; second < 320; second += 1) {
      await dispatch.round();
      if (stage.hooks.arrived.length > seen) looks.push((stage.now - begun) / SECOND);
      seen = stage.hooks.arrived.length;
      stage.now += SECOND;
    }
    expect(looks).toEqual([0, 5, 15, 35, 75, 155, 315]);
    stage.hooks.answer(() => ({ status: 200 }));
    await stage.pass(dispatch, 6 * MINUTE, MINUTE);
    expect(new Set(await stage.states(id))).toEqual(new Set(['delivered']));
  },
  LIMIT_MS,
);

describe('one wallet', () => {
  test('whose event is refused holds up its own events alone, however many they are', async () => {
    await stage.endpoint();
    stage.hooks.answer(({ event: { data } }) => ({
      status: data.wallet_id === 'wal_a' ? 422 : 200,
    }));
    await stage.written(['wal_a'], 1_500);
    const [other] = await stage.written(['wal_b'], 1);
    const dispatch = stage.dispatcher();
    await stage.pass(dispatch, MINUTE, 10 * SECOND);
    expect(stage.idsTaken()).toEqual([other]);
  });

  test(
    'with thousands of events leaves the others their turns',
    async () => {
      await stage.endpoint();
      await stage.written(['wal_a'], 1_500);
      const others = wallets(20);
      await stage.written(others, 1);
      const dispatch = stage.dispatcher();
      dispatch.start();
      const served = () => new Set(stage.hooks.taken.map(({ event: { data } }) => data.wallet_id));
      await expect.poll(() => served().size, { timeout: LIMIT_MS }).toBe(1 + others.length);
      expect(sequencesOf(stage.hooks.taken, 'wal_a').length).toBeLessThan(500);
      await stage.sql`update notification_endpoints set status = 'disabled'`;
      await dispatch.stop();
    },
    LIMIT_MS,
  );
});

test(
  'endpoints that answer slowly leave the others their turns',
  async () => {
    const slow: Receiver[] = [];
    let free: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      free = resolve;
    });
    for (let place = 0; place < 8; place += 1) {
      const one = await receiver();
      slow.push(one);
      one.hold(held);
      await stage.endpoint(one.url);
    }
    await stage.written(wallets(20), 1);
    const dispatch = stage.dispatcher();
    dispatch.start();
    const arrived = () => slow.reduce((sum, one) => sum + one.arrived.length, 0);
    await expect.poll(arrived, { timeout: 60_000 }).toBeGreaterThanOrEqual(48);
    const { id } = await stage.endpoint();
    await stage.written(['wal_b'], 1);
    await expect.poll(() => stage.states(id), { timeout: 60_000 }).toEqual(['delivered']);
    free();
    await dispatch.stop();
    await Promise.all(slow.map((one) => one.close()));
  },
  LIMIT_MS,
);

test('what nobody can be sent any more does not keep events for ever', async () => {
  const { id } = await stage.endpoint();
  const dispatch = stage.dispatcher();
  await stage.hooks.close();
  await stage.written(['wal_a'], 3);
  while ((await dispatch.round()) > 0);
  await stage.directory.notificationEndpoints.change(id, { status: 'disabled' });
  const left = async () =>
    (await stage.sql`select 1 from outbox where organization_id = ${stage.organizationId}`).length;
  await stage.directory.outbox.prune(new Date(stage.now + 20 * HOUR), 100_000);
  expect(await left()).toBe(3);
  await stage.directory.outbox.prune(new Date(stage.now + 30 * HOUR), 100_000);
  expect(await left()).toBe(0);
});
