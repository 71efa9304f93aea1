/** Deliveries against a real receiver on a clock of the test's own. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { receiver, verified } from '../testing/webhook-receiver.ts';
import { type DeliveryStage, deliveryStage, HOUR, MINUTE, SECOND } from './test/delivery-stage.ts';

let stage: DeliveryStage;
beforeAll(async () => {
  stage = await deliveryStage();
});
beforeEach(() => stage.begin());
afterAll(() => stage.stop());

describe('an endpoint that is down for two hours', () => {
  test('gets every event once it is back, those of one wallet in order', async () => {
    const { id, secret } = await stage.endpoint();
    const [one, two] = [stage.dispatcher(), stage.dispatcher()];
    const wallets = ['wal_a', 'wal_b', 'wal_c'];
    await stage.hooks.close();
    const ids: string[] = [];
    for (let quarter = 0; quarter < 8; quarter += 1) {
      ids.push(...(await stage.written(wallets, 2)));
      await Promise.all([stage.pass(one, 15 * MINUTE, 3 * MINUTE), two.round()]);
    }
    expect(stage.hooks.arrived).toEqual([]);
    await stage.hooks.open();
    await stage.pass(one, 10 * MINUTE, MINUTE);
    await stage.pass(two, MINUTE, MINUTE);
    expect(stage.idsTaken().sort()).toEqual([...ids].sort());
    expect(stage.hooks.arrived).toHaveLength(ids.length);
    for (const walletId of wallets) {
      const sequences = stage.hooks.taken
        .filter(({ event: { data } }) => data.wallet_id === walletId)
        .map(({ event: { data } }) => Number(data.sequence));
      expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    }
    expect(new Set(await stage.states(id))).toEqual(new Set(['delivered']));
    // Signed at the time of the try, by the clock of the test.
    for (const one of stage.hooks.taken) {
      vi.setSystemTime(Number(one.headers['webhook-timestamp']) * SECOND);
      expect(verified(one, secret)).toEqual(one.event);
      vi.setSystemTime(stage.now + HOUR);
      expect(() => verified(one, secret)).toThrow('Message timestamp too old');
    }
    vi.useRealTimers();
  });

  test('for more than a day does not: each is given up after the last try, and can be replayed', async () => {
    const { id } = await stage.endpoint();
    const dispatch = stage.dispatcher();
    await stage.hooks.close();
    const [eventId] = await stage.written(['wal_a'], 1);
    await stage.pass(dispatch, 28 * HOUR, 20 * MINUTE);
    expect(await stage.states(id)).toEqual(['failed']);
    await stage.hooks.open();
    const replayed = { from: new Date(0), to: new Date(stage.now + HOUR), delivered: false };
    expect(await stage.directory.deliveryList.replayRange(id, replayed, new Date(stage.now))).toBe(
      1,
    );
    await stage.pass(dispatch, 10 * MINUTE, 10 * MINUTE);
    expect(stage.idsTaken()).toEqual([eventId]);
  });
});

describe('a failure', () => {
  test('is tried again on the schedule and logged; a later event of the wallet waits', async () => {
    const { id } = await stage.endpoint();
    const dispatch = stage.dispatcher();
    let failing = true;
    stage.hooks.answer(({ event: { data } }) =>
      failing && data.wallet_id === 'wal_a'
        ? { status: 500, body: 'no '.repeat(1_000) }
        : { status: 200 },
    );
    const [first, other, second] = [
      ...(await stage.written(['wal_a', 'wal_b'], 1)),
      ...(await stage.written(['wal_a'], 1)),
    ];
    await dispatch.round();
    await dispatch.round();
    expect(stage.hooks.arrived.map((one) => one.id).sort()).toEqual([first, other].sort());
    stage.now += 4 * SECOND;
    await dispatch.round();
    expect(stage.hooks.arrived).toHaveLength(2);
    stage.now += 2 * SECOND;
    await dispatch.round();
    expect(stage.hooks.arrived).toHaveLength(3);
    failing = false;
    await stage.pass(dispatch, 31 * SECOND, 31 * SECOND);
    expect(stage.idsTaken()).toEqual([other, first, second]);
    const { data } = await stage.directory.deliveryList.list(id, { limit: 10 });
    const delivery = data.find(({ eventId }) => eventId === first);
    const attempts = await stage.directory.deliveryList.attempts(delivery?.id ?? '');
    expect(attempts.map(({ attempt, status, error }) => [attempt, status, error])).toEqual([
      [1, 500, 'HTTP 500'],
      [2, 500, 'HTTP 500'],
      [3, 200, null],
    ]);
    expect(attempts[0]?.answer).toHaveLength(1_024);
  });

  test('that goes on no longer holds the wallet back', async () => {
    await stage.endpoint();
    const dispatch = stage.dispatcher();
    const [poison, next] = await stage.written(['wal_a'], 2);
    stage.hooks.answer(({ id }) => ({ status: id === poison ? 422 : 200 }));
    await stage.pass(dispatch, 30 * MINUTE, MINUTE);
    expect(stage.idsTaken()).toEqual([]);
    await stage.pass(dispatch, 90 * MINUTE, MINUTE);
    expect(stage.idsTaken()).toEqual([next]);
  });

  test('with Retry-After leaves the endpoint alone for so long', async () => {
    await stage.endpoint();
    const dispatch = stage.dispatcher();
    stage.hooks.answer(() => ({ status: 429, headers: { 'retry-after': '600' } }));
    await stage.written(['wal_a', 'wal_b'], 1);
    await dispatch.round();
    stage.hooks.answer(() => ({ status: 200 }));
    const before = stage.hooks.arrived.length;
    await stage.written(['wal_c'], 1);
    await stage.pass(dispatch, 9 * MINUTE, MINUTE);
    expect(stage.hooks.arrived).toHaveLength(before);
    await stage.pass(dispatch, 3 * MINUTE, MINUTE);
    expect(stage.hooks.taken).toHaveLength(3);
  });

  test.each([301, 302, 307, 308])('by a redirect (%s) is not followed', async (status) => {
    const { id } = await stage.endpoint();
    const elsewhere = await receiver();
    stage.hooks.answer(() => ({ status, headers: { location: elsewhere.url } }));
    await stage.written(['wal_a'], 1);
    await stage.dispatcher().round();
    expect([stage.hooks.arrived.length, elsewhere.arrived]).toEqual([1, []]);
    await elsewhere.close();
    const { data } = await stage.directory.deliveryList.list(id, { limit: 10 });
    expect(data[0]).toMatchObject({ state: 'pending', lastStatus: status });
    expect(data[0]?.lastError).toBe('a redirect, which is not followed');
  });
});

test('a name that leads to this machine is not connected to, nor is an address of it', async () => {
  const dispatch = stage.dispatcher(false);
  const { port } = new URL(stage.hooks.url);
  const byName = await stage.endpoint(`https://localhost:${port}/`);
  const byNumber = await stage.endpoint(`https://127.0.0.1:${port}/`);
  await stage.written(['wal_a'], 1);
  await dispatch.round();
  expect(stage.hooks.arrived).toEqual([]);
  const error = async (id: string) =>
    (await stage.directory.deliveryList.list(id, { limit: 1 })).data[0]?.lastError;
  expect(await error(byName.id)).toBe('connection failed (EPRIVATE)');
  expect(await error(byNumber.id)).toBe('the URL is not https or not public');
});

test('a process that dies with a delivery in hand loses it to another', async () => {
  await stage.endpoint();
  const [eventId] = await stage.written(['wal_a'], 1);
  const options = {
    owner: 'dies',
    leaseMs: MINUTE,
    limit: 10,
    perEndpoint: 10,
    heldBack: 6,
    reserved: 0,
  };
  await stage.directory.deliveries.fanOut(10, new Date(stage.now));
  const claim = () =>
    stage.directory.deliveries.claim({ ...options, now: new Date(stage.now), inHand: new Map() });
  expect(await claim()).toHaveLength(1);
  const dispatch = stage.dispatcher();
  await dispatch.round();
  expect(stage.hooks.arrived).toEqual([]);
  stage.now += MINUTE;
  await dispatch.round();
  expect(stage.idsTaken()).toEqual([eventId]);
});

test('many processes at once send each event once', async () => {
  await stage.endpoint();
  const ids = await stage.written(['wal_a', 'wal_b', 'wal_c', 'wal_d'], 25);
  const all = Array.from({ length: 4 }, () => stage.dispatcher());
  while ((await Promise.all(all.map((one) => one.round()))).some((done) => done > 0));
  expect(stage.hooks.arrived).toHaveLength(100);
  expect(stage.idsTaken().sort()).toEqual([...ids].sort());
});

test('old events go, but not while one is on its way', async () => {
  await stage.endpoint();
  const dispatch = stage.dispatcher();
  await stage.hooks.close();
  await stage.written(['wal_a'], 1);
  await dispatch.round();
  const later = new Date(Date.now() + HOUR);
  const before = await stage.directory.outbox.prune(later, 1_000);
  const left =
    await stage.sql`select 1 from outbox where organization_id = ${stage.organizationId}`;
  expect([left.length, before >= 0]).toEqual([1, true]);
  await stage.hooks.open();
  await stage.pass(dispatch, MINUTE, 10 * SECOND);
  await stage.directory.outbox.prune(later, 1_000);
  expect(
    await stage.sql`select 1 from outbox where organization_id = ${stage.organizationId}`,
  ).toHaveLength(0);
});
