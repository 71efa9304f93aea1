import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callHoldId, OutageError } from '../../engine/index.ts';
import { countTurns } from '../../testing/turns.ts';
import type { CallDirectory, CallRecords } from '../doors.ts';
import type { GateEvent } from '../providers/event.ts';
import { createCallSessions } from '../sessions/call-sessions.ts';
import { quietLog } from '../test/quiet-log.ts';
import { openWorld, type World } from '../test/world.ts';
import { decideGate } from './gate.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.stop());

const isOutage = (error: unknown) => error instanceof OutageError;

/** The price book answers when it is told to: the gate may have given up by then. */
function directoryOver(walletId: string, priced: Promise<void>): CallDirectory {
  const { id, rootId } = world.organization;
  const wallet = { id: walletId, organizationId: id, partition: 0, currency: 'usd' };
  const organization = { id, rootId, billingEnabled: true, callPolicy: {}, metadata: {} };
  return {
    chain: async (organizationId) => (organizationId === id ? [organization] : []),
    async price() {
      await priced;
      return {
        rateMicrosPerMinute: 600_000,
        initialSeconds: 1,
        subsequentSeconds: 1,
        exact: false,
        connectionFeeMicros: 0,
        minimumMicros: 0,
        currency: 'usd',
      };
    },
    hasWholesale: async () => false,
    wallet: async () => wallet,
    defaultWallet: async () => wallet,
    binding: async () => undefined,
  };
}

const records: CallRecords = {
  insertMany: async () => undefined,
  appendEvents: async () => undefined,
  find: async () => undefined,
  findByCallId: async () => [],
  findLink: async () => undefined,
  openDial: async () => undefined,
  link: async () => 'linked',
  linksOf: async () => [],
  eventKinds: async () => [],
  moveCutoffs: async () => undefined,
};

function inbound(callId: string): GateEvent {
  const organizationId = world.organization.id;
  return {
    type: 'gate',
    name: 'assistant-request',
    provider: 'vapi',
    providerCallId: callId,
    ringfence: { organizationId, callId: undefined, holdId: undefined },
    bindings: [],
    controlUrl: undefined,
    atMs: undefined,
    from: '+14155550987',
    to: '+14155550142',
    assistantId: undefined,
  };
}

async function gate(priced: Promise<void>, patienceMs: number) {
  const walletId = await world.wallet(10_000_000);
  const directory = directoryOver(walletId, priced);
  const { engine } = world;
  const log = quietLog();
  const sessions = createCallSessions({ engine, directory, records, partitions: 1, log });
  const context = { sessions, directory, log, isOutage, patienceMs };
  return { walletId, decide: (event: GateEvent) => decideGate(context, event) };
}

const holdOf = (callId: string) => world.hold(callHoldId(world.organization.id, callId));

describe('the inbound gate', () => {
  test('grants in time', async () => {
    const { decide } = await gate(Promise.resolve(), 60_000);
    expect(await decide(inbound('in-time'))).toMatchObject({
      status: 'granted',
      call: { provider_cap_seconds: 1000 },
    });
  });

  test('a caller who was turned away for lateness is not charged for the hold that came after', async () => {
    let price: () => void = () => undefined;
    const priced = new Promise<void>((resolve) => {
      price = resolve;
    });
    const { walletId, decide } = await gate(priced, 50);
    expect(await decide(inbound('late'))).toMatchObject({ status: 'refused', code: 'recovering' });
    price();
    await expect
      .poll(() => holdOf('late'), { timeout: 60_000 })
      .toMatchObject({ state: 'captured', usedMs: 0, outcome: 'no_answer' });
    const wallet = (await world.engine.wallets(0, [walletId])).get(walletId);
    expect(wallet).toMatchObject({ postedMicros: 10_000_000, heldMicros: 0, liveCalls: 0 });
  });

  test('an engine that stays away turns the call away within the patience', async () => {
    const { decide } = await gate(Promise.resolve(), 300);
    await world.redis.kill9();
    const turns = countTurns();
    try {
      expect(await decide(inbound('away'))).toMatchObject({ status: 'refused' });
      expect(turns.stop()).toBeLessThan(400);
    } finally {
      turns.stop();
      await world.redis.restart();
    }
  });
});
