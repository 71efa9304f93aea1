import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDirectory, testDirectory } from './test-directory.ts';

let world: TestDirectory;
beforeAll(async () => {
  world = await testDirectory();
});
beforeEach(async () => {
  await world.sql`truncate webhook_inbox`;
});
afterAll(() => world.stop());

const LEASE_MS = 60_000;

async function put(callKey: string, ...steps: number[]): Promise<void> {
  for (const step of steps) {
    const eventKey = `${callKey}-${step}`;
    await world.first.inbox.put({ provider: 'vapi', callKey, eventKey, event: { step } });
  }
}

async function claimed(owner: string, limit = 10, inbox = world.first.inbox) {
  const events = await inbox.claim(owner, limit, LEASE_MS);
  return events.map(({ callKey, event }) => `${callKey}-${String(event.step)}`);
}

/** Lets every lease of the table run out, as if that much time had passed. */
async function expireLeases(): Promise<void> {
  await world.sql`
    update webhook_inbox set claimed_until = now() - interval '1 second'
    where claimed_until is not null`;
}

describe('the inbox', () => {
  test('stores an event once, however often it is delivered', async () => {
    const event = { provider: 'vapi', callKey: 'c', eventKey: 'e', event: { cost: '0.1' } };
    const stored = await Promise.all(Array.from({ length: 5 }, () => world.first.inbox.put(event)));
    expect(stored.filter(Boolean)).toHaveLength(1);
    expect(await world.first.inbox.pending()).toMatchObject({ count: 1 });
    const [claim] = await world.first.inbox.claim('a', 10, LEASE_MS);
    expect(claim).toMatchObject({ callKey: 'c', event: { cost: '0.1' }, attempts: 1 });
  });

  test('hands out the next event of a call only when the one before it is applied', async () => {
    await put('x', 1, 2, 3);
    await put('y', 1);
    expect(await claimed('a')).toEqual(['x-1', 'y-1']);
    expect(await claimed('b')).toEqual([]);
    const [first] = await world.sql<{ id: number }[]>`
      select id from webhook_inbox where event_key = 'x-1'`;
    await world.first.inbox.applied([first?.id ?? 0]);
    expect(await claimed('b')).toEqual(['x-2']);
  });

  test('hands an event to one of many claimers', async () => {
    for (let call = 0; call < 30; call += 1) await put(`call${call}`, 1);
    const claims = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        claimed(`owner ${n}`, 5, (n % 2 === 0 ? world.first : world.second).inbox),
      ),
    );
    const all = claims.flat();
    expect(new Set(all).size).toBe(all.length);
    // Claimers that met on the same rows leave them to each other; none may stay behind for good.
    all.push(...(await claimed('the last one', 100)));
    expect(new Set(all).size).toBe(30);
    expect(all).toHaveLength(30);
  });

  test('hands an event out again when its claimer died', async () => {
    await put('x', 1, 2);
    expect(await claimed('dead')).toEqual(['x-1']);
    await expireLeases();
    const [again] = await world.first.inbox.claim('alive', 10, LEASE_MS);
    expect(again).toMatchObject({ event: { step: 1 }, attempts: 2 });
  });

  test('keeps an event that failed, in its place, for later', async () => {
    await put('x', 1, 2);
    const [event] = await world.first.inbox.claim('a', 10, LEASE_MS);
    await world.first.inbox.failed(event?.id ?? 0, 'a', 'the engine is away', LEASE_MS);
    expect(await claimed('b')).toEqual([]);
    await expireLeases();
    expect(await claimed('b')).toEqual(['x-1']);
    const [row] =
      await world.sql`select last_error from webhook_inbox where id = ${event?.id ?? 0}`;
    expect(row?.last_error).toBe('the engine is away');
    // The one who lost its claim has no say any more.
    await world.first.inbox.failed(event?.id ?? 0, 'a', 'late', 0);
    expect(await claimed('c')).toEqual([]);
  });

  test('counts what waits and since when', async () => {
    expect(await world.first.inbox.pending()).toEqual({ count: 0, oldestAt: null });
    await put('x', 1, 2);
    const events = await world.first.inbox.claim('a', 10, LEASE_MS);
    await world.first.inbox.applied(events.map((event) => event.id));
    await world.first.inbox.applied(events.map((event) => event.id));
    const pending = await world.first.inbox.pending();
    expect(pending.count).toBe(1);
    expect(pending.oldestAt).toBeInstanceOf(Date);
  });
});
