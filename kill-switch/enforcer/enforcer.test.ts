import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CutoffDoors } from '../cutoff/doors.ts';
import type { ProviderClient, PushResult } from '../providers/client.ts';
import { quietLog } from '../test/quiet-log.ts';
import { openWorld, type World } from '../test/world.ts';
import { createEnforcer, type Enforcer } from './enforcer.ts';

const SECOND = 10_000;
/** Each test has its own stretch of time, so that no clock ever runs back. */
const HOUR_MS = 3_600_000;

let world: World;
let startMs = Date.parse('2030-01-01T00:00:00Z');
let enforcers: Enforcer[] = [];
/** The holds whose calls were ordered to end, in order. */
let ordered: string[] = [];
let noted: string[] = [];
let opened: string[] = [];
/** How long the provider takes to hang up. */
let provider: Promise<void> = Promise.resolve();

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  startMs += 4 * HOUR_MS;
  await at(0);
});
afterEach(async () => {
  await Promise.all(enforcers.map((enforcer) => enforcer.stop()));
  const end = { partition: 0, durationMs: 0, evidence: 4 } as const;
  await Promise.all(opened.map((holdId) => world.engine.capture({ ...end, holdId })));
  enforcers = [];
  opened = [];
  ordered = [];
  noted = [];
});

const accepted = async (): Promise<PushResult> => ({ status: 'accepted' });
/** Takes every order and never says that a call is over. */
const client: ProviderClient = {
  provider: 'vapi',
  async hangUp({ providerCallId }) {
    ordered.push(providerCallId);
    await provider;
    return await accepted();
  },
  say: accepted,
  transfer: accepted,
  limit: accepted,
  fetch: async () => 'not_found',
  async *list() {},
  create: async () => ({ status: 'refused', why: 'not in this test' }),
};
const doors: CutoffDoors = {
  clients: { clientFor: async () => client },
  reach: async ({ holdId }) => ({ provider: 'vapi', providerCallId: holdId }),
  terms: async () => ({
    finalAction: 'end_call',
    transferTo: undefined,
    warning: undefined,
    goodbye: undefined,
  }),
  cutoffState: async () => 'pending',
  wasWarned: async () => true,
  moved: () => undefined,
};
/** A provider can be told to end the call. */
const TOLD = { hasProvider: true };

/** The clock stands this many seconds after the start of the test. */
const at = (seconds: number) => world.setClock(startMs + seconds * 1000);

function enforce(count = 1): void {
  for (let i = 0; i < count; i++) {
    const enforcer = createEnforcer({
      engine: world.engine,
      partitions: 1,
      log: quietLog(),
      cutoff: doors,
      // Nobody proves an end here: what is pushed again would be for that.
      confirmMs: HOUR_MS,
      note: (_, kind) => void noted.push(kind),
    });
    enforcer.start();
    enforcers.push(enforcer);
  }
}

async function authorized(...call: Parameters<World['authorize']>): Promise<string> {
  const holdId = await world.authorize(...call);
  opened.push(holdId);
  return holdId;
}

async function answered(depositMicros: number, fields: Parameters<World['authorize']>[1] = {}) {
  const walletId = await world.wallet(depositMicros);
  const holdId = await authorized(walletId, fields);
  await world.engine.start({ partition: 0, holdId });
  return { walletId, holdId };
}

const until = (read: () => unknown) => expect.poll(read, { timeout: 60_000, interval: 20 });
/** Nothing is due that is not in somebody's hands. */
async function idle(): Promise<boolean> {
  const { nowMs, nextMs } = await world.engine.due(0, 0, 1);
  return nextMs < 0 || nextMs > nowMs;
}
const ofHold = (holdId: string) => () => world.hold(holdId);

describe('the enforcer', () => {
  test('keeps the hold ahead of the clock', async () => {
    const { holdId } = await answered(1000 * SECOND);
    enforce();
    for (const seconds of [50, 100, 200]) {
      await at(seconds);
      await until(ofHold(holdId)).toMatchObject({ coveredMs: (seconds + 75) * 1000 });
    }
    expect(ordered).toEqual([]);
  });

  test('hangs up at the cutoff, not before, and says so once', async () => {
    const { holdId } = await answered(100 * SECOND, TOLD);
    enforce();
    await at(60);
    await until(ofHold(holdId)).toMatchObject({
      finalReason: 'insufficient_funds',
      coveredMs: 100_000,
      cutoffAtMs: startMs + 97_000,
    });
    await at(96.9);
    await until(idle).toBe(true);
    expect(ordered).toEqual([]);
    await at(97.25);
    await until(() => ordered).toEqual([holdId]);
    expect(noted.filter((kind) => kind === 'cutoff_pending')).toHaveLength(1);
    // The end is not proven: the call goes on being charged, and the timeline hears no more of it.
    await at(99.25);
    await until(idle).toBe(true);
    expect(noted.filter((kind) => kind === 'cutoff_pending')).toHaveLength(1);
    expect(await world.hold(holdId)).toMatchObject({ state: 'live' });
  });

  test('a top-up rescues the calls that ran short', async () => {
    const { walletId, holdId } = await answered(100 * SECOND, TOLD);
    enforce();
    await at(60);
    await until(ofHold(holdId)).toMatchObject({ finalReason: 'insufficient_funds' });
    await world.deposit(walletId, 100 * SECOND);
    await until(ofHold(holdId)).toMatchObject({ finalReason: '', cutoffAtMs: 0 });
    await at(98);
    await until(ofHold(holdId)).toMatchObject({ coveredMs: 173_000 });
    expect(ordered).toEqual([]);
  });

  test('several at once do the work once', async () => {
    const calls = await Promise.all(Array.from({ length: 20 }, () => answered(100 * SECOND, TOLD)));
    enforce(3);
    await at(60);
    await Promise.all(
      calls.map(({ holdId }) =>
        until(ofHold(holdId)).toMatchObject({ finalReason: 'insufficient_funds' }),
      ),
    );
    // From so far away that nobody has them in hand: they come due for all three.
    await at(97.25);
    await until(() => new Set(ordered).size).toBe(20);
    expect(ordered).toHaveLength(20);
  });

  test('a provider that does not answer the hang-up holds up nobody else', async () => {
    let release: () => void = () => undefined;
    provider = new Promise((resolve) => {
      release = resolve;
    });
    const short = await answered(70 * SECOND, TOLD);
    const long = await answered(1000 * SECOND);
    enforce();
    await at(68);
    await until(() => ordered).toEqual([short.holdId]);
    await at(120);
    await until(ofHold(long.holdId)).toMatchObject({ coveredMs: 195_000 });
    expect(ordered).toHaveLength(1);
    release();
    provider = Promise.resolve();
  });

  test('a call that rings out is let go; a provider call counts as answered, estimated', async () => {
    const walletId = await world.wallet(1000 * SECOND);
    const quiet = await authorized(walletId);
    const provided = await authorized(walletId, { hasProvider: true });
    enforce();
    await at(119);
    await until(idle).toBe(true);
    expect(await world.hold(quiet)).toMatchObject({ state: 'authorized' });
    await at(120);
    await until(ofHold(quiet)).toMatchObject({ closedAtMs: startMs + 120_000 });
    expect((await world.hold(quiet))?.legs[0]).toMatchObject({ capturedMicros: 0, heldMicros: 0 });
    await until(ofHold(provided)).toMatchObject({ state: 'live', estimated: true });
  });

  test('silence counts only while an enforcer watched', async () => {
    const { holdId } = await answered(2000 * SECOND);
    await at(1000);
    enforce();
    await until(ofHold(holdId)).toMatchObject({ state: 'live', coveredMs: 1_075_000 });
    await at(1290);
    await until(ofHold(holdId)).toMatchObject({ state: 'live', coveredMs: 1_365_000 });
    await at(1301);
    await until(ofHold(holdId)).toMatchObject({ closedAtMs: startMs + 1_301_000, evidence: 1 });
    expect(noted).toEqual(['expired']);
  });

  test('waits out a Redis that is away, and goes on', async () => {
    const { holdId } = await answered(1000 * SECOND);
    enforce();
    await world.redis.kill9();
    await world.redis.restart();
    await until(() => world.engine.status()).toMatchObject({ gate: 'open', redis: 'ready' });
    await world.engine.opened();
    // The clock of tests does not survive a restart: it is real time that is far in the past.
    const startedAtMs = (await world.hold(holdId))?.startedAtMs ?? 0;
    await world.setClock(startedAtMs + 50_000);
    await until(ofHold(holdId)).toMatchObject({ coveredMs: 125_000 });
  });
});
