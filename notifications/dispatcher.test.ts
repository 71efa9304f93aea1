/** Deliveries against a real receiver on a clock of the test's own. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../engine/index.ts';
import { connect, createDirectory, type Directory, type Sql } from '../persistence/index.ts';
import { testDatabase } from '../testing/services.ts';
import { type Receiver, receiver, verified } from '../testing/webhook-receiver.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import { event } from './event.ts';
import type { EndpointSecret, SecretBox } from './webhooks/secrets.ts';
import { newSecret } from './webhooks/sign.ts';
import { createWebhookChannel } from './webhooks/webhook-channel.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Seals nothing: what is sealed and how is another test's business. */
const OPEN_BOX: SecretBox = {
  seal: (secrets) => Buffer.from(JSON.stringify(secrets).padEnd(64)),
  open: (sealed) => JSON.parse(sealed.toString('utf8')) as EndpointSecret[],
};
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

let database: Awaited<ReturnType<typeof testDatabase>>;
let sql: Sql;
let directory: Directory;
let organizationId: string;
let hooks: Receiver;
let now = 0;
beforeAll(async () => {
  database = await testDatabase();
  sql = connect(database.url, { max: 8, applicationName: 'test' });
  directory = createDirectory(sql, { partitions: 8, keyMode: 'test' });
});
beforeEach(async () => {
  const made = await directory.organizations.create({ name: 'Receiver' });
  if (made.status !== 'created') throw new Error(made.status);
  organizationId = made.organization.id;
  hooks = await receiver();
  // Real signatures are judged against the real clock, so each test begins now.
  now = Date.now();
  return async () => {
    await sql`update notification_endpoints set status = 'disabled'`;
    await hooks.close();
  };
});
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await database.drop();
});

function dispatcher(local = true): Dispatcher {
  return createDispatcher({
    deliveries: directory.deliveries,
    channels: { webhook: createWebhookChannel(OPEN_BOX, local) },
    log: QUIET,
    owner: newId('req'),
    nowMs: () => now,
    random: () => 0.5,
  });
}

async function endpoint(target = hooks.url): Promise<{ id: string; secret: string }> {
  const id = directory.notificationEndpoints.newId('webhook');
  const secret = newSecret();
  const write = directory.notificationEndpoints.creating({
    id,
    channel: 'webhook',
    organizationId,
    target,
    description: '',
    events: ['wallet.*'],
    includeDescendants: false,
    sealed: OPEN_BOX.seal([{ secret }], id),
  });
  await sql.begin((tx) => write(tx, () => undefined));
  return { id, secret };
}

let events = 0;

/** Writes events of wallets, `count` of each, as the ledger does. */
async function written(wallets: readonly string[], count: number): Promise<string[]> {
  const made = Array.from({ length: count }, () => {
    events += 1;
    return wallets.map((walletId) =>
      event('wallet.depleted', [String(events), walletId], {
        organizationId,
        subject: walletId,
        occurredAtMs: now,
        data: { wallet_id: walletId, sequence: events },
      }),
    );
  }).flat();
  await directory.outbox.append(made);
  await directory.outbox.append(made);
  return made.map(({ id }) => id);
}

/** Lets time pass, and the dispatcher look whenever something may be due. */
async function pass(dispatch: Dispatcher, ms: number, stepMs: number): Promise<void> {
  const until = now + ms;
  while (now < until) {
    now = Math.min(until, now + stepMs);
    while ((await dispatch.round()) > 0);
  }
}

const states = async (id: string) => {
  const { data } = await directory.deliveryList.list(id, { limit: 100 });
  return data.map(({ state }) => state);
};
const idsTaken = () => hooks.taken.map(({ id }) => id);

describe('an endpoint that is down for two hours', () => {
  test('gets every event once it is back, those of one wallet in order', async () => {
    const { id, secret } = await endpoint();
    const [one, two] = [dispatcher(), dispatcher()];
    const wallets = ['wal_a', 'wal_b', 'wal_c'];
    await hooks.close();
    const ids: string[] = [];
    for (let quarter = 0; quarter < 8; quarter += 1) {
      ids.push(...(await written(wallets, 2)));
      await Promise.all([pass(one, 15 * MINUTE, 3 * MINUTE), two.round()]);
    }
    expect(hooks.arrived).toEqual([]);
    await hooks.open();
    await pass(one, 10 * MINUTE, MINUTE);
    await pass(two, MINUTE, MINUTE);
    expect(idsTaken().sort()).toEqual([...ids].sort());
    expect(hooks.arrived).toHaveLength(ids.length);
    for (const walletId of wallets) {
      const sequences = hooks.taken
        .filter(({ event: { data } }) => data.wallet_id === walletId)
        .map(({ event: { data } }) => Number(data.sequence));
      expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    }
    expect(new Set(await states(id))).toEqual(new Set(['delivered']));
    // Signed at the time of the try, which the clock of the test has put two hours ahead.
    const [first] = hooks.taken;
    if (first === undefined) throw new Error('nothing arrived');
    expect(() => verified(first, secret)).toThrow('Message timestamp too new');
  });

  test('for more than a day does not: each is given up after the last try, and can be replayed', async () => {
    const { id } = await endpoint();
    const dispatch = dispatcher();
    await hooks.close();
    const [eventId] = await written(['wal_a'], 1);
    await pass(dispatch, 28 * HOUR, 20 * MINUTE);
    expect(await states(id)).toEqual(['failed']);
    await hooks.open();
    const replayed = { from: new Date(0), to: new Date(now + HOUR), delivered: false };
    expect(await directory.deliveryList.replayRange(id, replayed, new Date(now))).toBe(1);
    await pass(dispatch, 10 * MINUTE, 10 * MINUTE);
    expect(idsTaken()).toEqual([eventId]);
  });
});

describe('a failure', () => {
  test('is tried again on the schedule and logged; a later event of the wallet waits', async () => {
    const { id } = await endpoint();
    const dispatch = dispatcher();
    let failing = true;
    hooks.answer(({ event: { data } }) =>
      failing && data.wallet_id === 'wal_a'
        ? { status: 500, body: 'no '.repeat(1_000) }
        : { status: 200 },
    );
    const [first, other, second] = [
      ...(await written(['wal_a', 'wal_b'], 1)),
      ...(await written(['wal_a'], 1)),
    ];
    await dispatch.round();
    await dispatch.round();
    expect(hooks.arrived.map((one) => one.id).sort()).toEqual([first, other].sort());
    now += 4 * SECOND;
    await dispatch.round();
    expect(hooks.arrived).toHaveLength(2);
    now += 2 * SECOND;
    await dispatch.round();
    expect(hooks.arrived).toHaveLength(3);
    failing = false;
    await pass(dispatch, 31 * SECOND, 31 * SECOND);
    expect(idsTaken()).toEqual([other, first, second]);
    const { data } = await directory.deliveryList.list(id, { limit: 10 });
    const delivery = data.find(({ eventId }) => eventId === first);
    const attempts = await directory.deliveryList.attempts(delivery?.id ?? '');
    expect(attempts.map(({ attempt, status, error }) => [attempt, status, error])).toEqual([
      [1, 500, 'HTTP 500'],
      [2, 500, 'HTTP 500'],
      [3, 200, null],
    ]);
    expect(attempts[0]?.answer).toHaveLength(1_024);
  });

  test('that goes on no longer holds the wallet back', async () => {
    await endpoint();
    const dispatch = dispatcher();
    const [poison, next] = await written(['wal_a'], 2);
    hooks.answer(({ id }) => ({ status: id === poison ? 422 : 200 }));
    await pass(dispatch, 30 * MINUTE, MINUTE);
    expect(idsTaken()).toEqual([]);
    await pass(dispatch, 90 * MINUTE, MINUTE);
    expect(idsTaken()).toEqual([next]);
  });

  test('with Retry-After leaves the endpoint alone for so long', async () => {
    await endpoint();
    const dispatch = dispatcher();
    hooks.answer(() => ({ status: 429, headers: { 'retry-after': '600' } }));
    await written(['wal_a', 'wal_b'], 1);
    await dispatch.round();
    hooks.answer(() => ({ status: 200 }));
    const before = hooks.arrived.length;
    await written(['wal_c'], 1);
    await pass(dispatch, 9 * MINUTE, MINUTE);
    expect(hooks.arrived).toHaveLength(before);
    await pass(dispatch, 3 * MINUTE, MINUTE);
    expect(hooks.taken).toHaveLength(3);
  });

  test.each([301, 302, 307, 308])('by a redirect (%s) is not followed', async (status) => {
    const { id } = await endpoint();
    const elsewhere = await receiver();
    hooks.answer(() => ({ status, headers: { location: elsewhere.url } }));
    await written(['wal_a'], 1);
    await dispatcher().round();
    expect([hooks.arrived.length, elsewhere.arrived]).toEqual([1, []]);
    await elsewhere.close();
    const { data } = await directory.deliveryList.list(id, { limit: 10 });
    expect(data[0]).toMatchObject({ state: 'pending', lastStatus: status });
    expect(data[0]?.lastError).toBe('a redirect, which is not followed');
  });
});

test('a name that leads to this machine is not connected to, nor is an address of it', async () => {
  const dispatch = dispatcher(false);
  const { port } = new URL(hooks.url);
  const byName = await endpoint(`https://localhost:${port}/`);
  const byNumber = await endpoint(`https://127.0.0.1:${port}/`);
  await written(['wal_a'], 1);
  await dispatch.round();
  expect(hooks.arrived).toEqual([]);
  const error = async (id: string) =>
    (await directory.deliveryList.list(id, { limit: 1 })).data[0]?.lastError;
  expect(await error(byName.id)).toBe('connection failed (EPRIVATE)');
  expect(await error(byNumber.id)).toBe('the URL is not https or not public');
});

test('a process that dies with a delivery in hand loses it to another', async () => {
  await endpoint();
  const [eventId] = await written(['wal_a'], 1);
  const options = { owner: 'dies', leaseMs: MINUTE, limit: 10, perEndpoint: 10, heldBack: 6 };
  await directory.deliveries.fanOut(10, new Date(now));
  const claim = () => directory.deliveries.claim({ ...options, now: new Date(now), busy: [] });
  expect(await claim()).toHaveLength(1);
  const dispatch = dispatcher();
  await dispatch.round();
  expect(hooks.arrived).toEqual([]);
  now += MINUTE;
  await dispatch.round();
  expect(idsTaken()).toEqual([eventId]);
});

test('many processes at once send each event once', async () => {
  await endpoint();
  const ids = await written(['wal_a', 'wal_b', 'wal_c', 'wal_d'], 25);
  const all = Array.from({ length: 4 }, () => dispatcher());
  while ((await Promise.all(all.map((one) => one.round()))).some((done) => done > 0));
  expect(hooks.arrived).toHaveLength(100);
  expect(idsTaken().sort()).toEqual([...ids].sort());
});

test('old events go, but not while one is on its way', async () => {
  await endpoint();
  const dispatch = dispatcher();
  await hooks.close();
  await written(['wal_a'], 1);
  await dispatch.round();
  const later = new Date(Date.now() + HOUR);
  const before = await directory.outbox.prune(later, 1_000);
  const left = await sql`select 1 from outbox where organization_id = ${organizationId}`;
  expect([left.length, before >= 0]).toEqual([1, true]);
  await hooks.open();
  await pass(dispatch, MINUTE, 10 * SECOND);
  await directory.outbox.prune(later, 1_000);
  expect(await sql`select 1 from outbox where organization_id = ${organizationId}`).toHaveLength(0);
});
