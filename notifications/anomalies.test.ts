/**
 * Events on their way while every request of that way fails once: to Postgres, and to the receiver. Each
 * arrives, in the order of its wallet, and is recorded; only what was not answered comes a second time.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '../engine/index.ts';
import { connect, createDirectory, type Sql } from '../persistence/index.ts';
import {
  EVERY_ANOMALY,
  type FailingDoor,
  failingDoor,
  postgresFrames,
} from '../testing/services.ts';
import type { Answer } from '../testing/webhook-receiver.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import { type DeliveryStage, deliveryStage, MINUTE, OPEN_BOX } from './test/delivery-stage.ts';
import { createWebhookChannel } from './webhooks/webhook-channel.ts';

const LIMIT_MS = EVERY_ANOMALY ? 900_000 : 300_000;
const WALLETS = ['wal_a', 'wal_b'];
/** Of each wallet. */
const EVENTS = 2;
/** No pass asks more often. */
const REQUESTS_MAX = 300;
const LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };

let stage: DeliveryStage;
let door: FailingDoor;
let sql: Sql;
beforeAll(async () => {
  stage = await deliveryStage();
  door = await failingDoor(stage.databaseUrl, postgresFrames);
  sql = connect(door.url, { max: 2, applicationName: 'hurt' });
});
beforeEach(() => stage.begin());
afterAll(async () => {
  await sql.end({ timeout: 1 });
  await door.stop();
  await stage.stop();
});

/** One whose way to Postgres leads through the door. */
function hurtDispatcher(): Dispatcher {
  const directory = createDirectory(sql, { partitions: 8, keyMode: 'test' });
  return createDispatcher({
    deliveries: directory.deliveries,
    channels: { webhook: createWebhookChannel(OPEN_BOX, true) },
    log: LOG,
    owner: newId('req'),
    nowMs: () => stage.now,
    random: () => 0.5,
  });
}

/** Works until there is nothing more to do, whatever fails. */
async function work(dispatch: Dispatcher, isDead: () => boolean): Promise<void> {
  for (let idle = 0; idle < 2 && !isDead(); ) {
    const done = await dispatch.round().catch(() => 1);
    idle = done === 0 ? idle + 1 : 0;
  }
}

/** Everything arrived in the order of its wallet and is recorded; nothing is left. */
async function expectDelivered(endpointId: string, ids: readonly string[], from: number) {
  const arrived = stage.hooks.taken.slice(from);
  for (const walletId of WALLETS) {
    const own = arrived.filter(({ event: { data } }) => data.wallet_id === walletId);
    const sequences = own.map(({ event: { data } }) => Number(data.sequence));
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  }
  expect(new Set(arrived.map(({ id }) => id))).toEqual(new Set(ids));
  const rows = await stage.sql<{ state: string; attempts: number; tries: number }[]>`
    select state, attempts, (select count(*) from notification_attempts
      where delivery_id = delivery.id) as tries
    from notification_deliveries delivery
    where endpoint_id = ${endpointId} and event_id = any(${[...ids]}::text[])`;
  expect(rows).toHaveLength(ids.length);
  for (const { state, attempts, tries } of rows) {
    expect([state, tries]).toEqual(['delivered', attempts]);
  }
  return arrived.length - ids.length;
}

/** What the hurt one had in hand is another's after its time, once Postgres has seen that it is gone. */
async function takenOver(ids: readonly string[]): Promise<void> {
  const sound = stage.dispatcher();
  const delivered = async () => {
    await stage.pass(sound, 2 * MINUTE, MINUTE);
    const rows = await stage.sql`
      select 1 from notification_deliveries
      where event_id = any(${[...ids]}::text[]) and state = 'delivered'`;
    return rows.length;
  };
  await expect.poll(delivered, { timeout: 60_000, interval: 20 }).toBe(ids.length);
}

const WAYS = ['unsent', 'unanswered', 'dead'] as const;

test.each(WAYS)(
  'each request to Postgres fails (%s): every event arrives, in order, and is recorded',
  async (way) => {
    const { id } = await stage.endpoint();
    const by = EVERY_ANOMALY ? 1 : WAYS.length;
    let failed = 0;
    let twice = 0;
    for (let n = 1 + (EVERY_ANOMALY ? 0 : WAYS.indexOf(way)); n < REQUESTS_MAX; n += by) {
      const from = stage.hooks.taken.length;
      const ids = await stage.written(WALLETS, EVENTS);
      let isDead = false;
      door.failAt(n, way === 'unsent' ? 'unsent' : 'unanswered', () => {
        if (way !== 'dead') return;
        isDead = true;
        door.sever();
      });
      await work(hurtDispatcher(), () => isDead);
      const hasFailed = door.disarm();
      door.heal();
      await takenOver(ids);
      twice += await expectDelivered(id, ids, from);
      if (!hasFailed) break;
      failed += 1;
    }
    // A pass asks some thirty times; of these a delivery that was made and not recorded comes again.
    expect(failed).toBeGreaterThan(EVERY_ANOMALY ? 25 : 8);
    expect(twice).toBeGreaterThan(0);
    expect(twice).toBeLessThanOrEqual(failed * WALLETS.length);
  },
  LIMIT_MS,
);

const FAULTS: readonly [string, Answer][] = [
  ['cut before it was taken', { status: 503, cut: 'before' }],
  ['cut after it was taken', { status: 200, cut: 'before' }],
  ['cut within the answer', { status: 200, cut: 'within' }],
  ['refused for now', { status: 503 }],
  ['refused', { status: 400 }],
];

test.each(FAULTS)(
  'each request to the receiver fails (%s): every event arrives, in order, and is recorded',
  async (_, fault) => {
    const { id } = await stage.endpoint();
    const all = WALLETS.length * EVENTS;
    for (let n = 1; n <= all; n += 1) {
      const from = stage.hooks.taken.length;
      const before = stage.hooks.arrived.length;
      const ids = await stage.written(WALLETS, EVENTS);
      let asked = 0;
      stage.hooks.answer(() => (++asked === n ? fault : { status: 204 }));
      await stage.pass(stage.dispatcher(), 3 * MINUTE, MINUTE);
      expect(stage.hooks.arrived.length - before).toBe(all + 1);
      await expectDelivered(id, ids, from);
    }
  },
  LIMIT_MS,
);
