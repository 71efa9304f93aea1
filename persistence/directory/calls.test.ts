import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packHoldState, partitionOf } from '../../engine/index.ts';
import type { NewCallRecord } from './call-record.ts';
import type { Organization } from './organization-record.ts';
import {
  madeOrganization,
  TEST_PARTITIONS,
  type TestDirectory,
  testDirectory,
  writeEntries,
} from './test-directory.ts';
import { testHold } from './test-hold.ts';

let world: TestDirectory;
let agency: Organization;
let client: Organization;
beforeAll(async () => {
  world = await testDirectory();
  agency = await madeOrganization(world.first, 'agency');
  client = await madeOrganization(world.first, 'client', agency.id);
});
afterAll(() => world.stop());

function record(owner: Organization, callId: string, more: Partial<NewCallRecord> = {}) {
  const holdId = `hold_${owner.id}_${callId}`.slice(0, 64);
  return { organizationId: owner.id, callId, holdId, service: 'voice_minute', ...more };
}

function link(owner: Organization, callId: string, providerCallId: string) {
  const { organizationId, holdId } = record(owner, callId);
  return { provider: 'vapi', providerCallId, organizationId, callId, holdId, partition: 3 };
}

/** The row that the flusher writes when the hold's state is committed. */
async function commitHold(owner: Organization, callId: string, state: string): Promise<void> {
  const closedAt = ['captured', 'voided', 'expired'].includes(state) ? new Date() : null;
  const snapshot = packHoldState(testHold({ callId, organizationId: owner.id, state }));
  await world.sql`
    insert into holds (id, organization_id, partition, kind, call_id, state, revision, snapshot,
      wallet_ids, created_at, updated_at, closed_at)
    values (${record(owner, callId).holdId}, ${owner.id},
      ${partitionOf(owner.rootId, TEST_PARTITIONS)}, 'call', ${callId}, ${state}, 1, ${snapshot},
      '{wal_1}', now(), now(), ${closedAt})`;
}

describe('call records', () => {
  test('are written once: a later one with the same id changes nothing', async () => {
    const first = record(client, 'once', { destination: '+4930', metadata: { campaign: 'x' } });
    await world.first.calls.insertMany([first, record(client, 'twin')]);
    await world.first.calls.insertMany([record(client, 'once', { destination: '+1' })]);
    expect(await world.second.calls.find(client.id, 'once')).toMatchObject({
      ...first,
      provider: null,
      maxDurationSeconds: null,
      cutoffState: 'none',
    });
    expect(await world.first.calls.find(client.id, 'twin')).toMatchObject({ metadata: {} });
  });

  test('that are written after their link have the provider’s id all the same', async () => {
    await world.first.callLinks.put(link(client, 'after-link', 'v-late'));
    await world.first.calls.insertMany([record(client, 'after-link'), record(client, 'unlinked')]);
    expect(await world.second.calls.find(client.id, 'after-link')).toMatchObject({
      provider: 'vapi',
      providerCallId: 'v-late',
    });
    expect(await world.second.calls.find(client.id, 'unlinked')).toMatchObject({
      provider: null,
      providerCallId: null,
    });
  });

  test('are found as soon as they are written, also where they were just asked for', async () => {
    const { first, second } = world;
    expect(await first.calls.find(client.id, 'late')).toBeUndefined();
    expect(await second.calls.find(client.id, 'late')).toBeUndefined();
    await first.calls.insertMany([record(client, 'late')]);
    expect(await first.calls.find(client.id, 'late')).toBeDefined();
    expect(await second.calls.find(client.id, 'late')).toBeDefined();
  });

  test('of one call id may exist in several organizations', async () => {
    await world.first.calls.insertMany([record(client, 'shared'), record(agency, 'shared')]);
    const found = await world.first.calls.findByCallId('shared');
    expect(found.map((call) => call.organizationId).sort()).toEqual([agency.id, client.id].sort());
  });

  test('keep how far the cutoff came: the last word counts, and confirmed is the last', async () => {
    const [cut, other] = [record(client, 'cut'), record(client, 'uncut')];
    await world.first.calls.insertMany([cut, other]);
    const { calls } = world.first;
    const move = (...states: ('none' | 'pending' | 'failed' | 'confirmed')[]) =>
      calls.moveCutoffs(states.map((state) => ({ ...cut, state })));
    const state = async () => (await calls.find(client.id, 'cut'))?.cutoffState;
    for (const [states, expected] of [
      [['pending'], 'pending'],
      [['pending', 'failed'], 'failed'],
      [['none'], 'none'],
      [['failed', 'confirmed'], 'confirmed'],
      [['pending'], 'confirmed'],
    ] as const) {
      await move(...states);
      expect(await state()).toBe(expected);
    }
    expect(await calls.find(client.id, 'uncut')).toMatchObject({ cutoffState: 'none' });
  });
});

test('nothing to write is no error', async () => {
  await world.first.calls.insertMany([]);
  await world.first.callEvents.appendMany([]);
  await world.first.calls.moveCutoffs([]);
  await world.first.inbox.applied([]);
  expect(await world.first.wallets.ledgerSequences([])).toEqual(new Map());
});

describe('call links', () => {
  test('lead from the provider’s id to the call, at once in every process', async () => {
    const { first, second } = world;
    await first.calls.insertMany([record(client, 'linked')]);
    expect(await second.callLinks.find('vapi', 'v-1')).toBeUndefined();
    expect(await first.callLinks.put(link(client, 'linked', 'v-1'))).toMatchObject({
      status: 'linked',
    });
    expect(await second.callLinks.find('vapi', 'v-1')).toMatchObject(link(client, 'linked', 'v-1'));
    expect(await first.calls.find(client.id, 'linked')).toMatchObject({
      provider: 'vapi',
      providerCallId: 'v-1',
    });
    expect(await first.callLinks.find('retell', 'v-1')).toBeUndefined();
  });

  test('stay with the call that has them; the same call may renew its control URL', async () => {
    const { callLinks, calls } = world.first;
    await calls.insertMany([record(client, 'owner'), record(agency, 'thief')]);
    const owned = link(client, 'owner', 'v-2');
    await callLinks.put({ ...owned, controlUrl: 'https://one' });
    // Another call of another organization, of the same one, and a namesake in another one.
    for (const thief of [
      link(agency, 'thief', 'v-2'),
      link(client, 'thief', 'v-2'),
      link(agency, 'owner', 'v-2'),
    ]) {
      expect(await callLinks.put(thief)).toEqual({ status: 'linked_elsewhere' });
    }
    expect(await calls.find(agency.id, 'thief')).toMatchObject({ providerCallId: null });
    await callLinks.put(owned);
    expect(await callLinks.find('vapi', 'v-2')).toMatchObject({ controlUrl: 'https://one' });
    await callLinks.put({ ...owned, controlUrl: 'https://two' });
    await callLinks.put({ ...owned, twilioCallSid: 'CA1' });
    expect(await callLinks.find('vapi', 'v-2')).toMatchObject({
      callId: 'owner',
      controlUrl: 'https://two',
      twilioCallSid: 'CA1',
    });
    expect(await callLinks.ofCall(client.id, 'owner')).toHaveLength(1);
  });

  test('that are only claimed give way to one that is certain, with all that was claimed', async () => {
    const { callLinks, calls } = world.first;
    await calls.insertMany([record(client, 'true'), record(agency, 'claim')]);
    const claim = { ...link(agency, 'claim', 'v-3'), claimed: true };
    await callLinks.put({ ...claim, controlUrl: 'https://claimed' });
    const certain = link(client, 'true', 'v-3');
    expect(await callLinks.put({ ...certain, claimed: true })).toEqual({
      status: 'linked_elsewhere',
    });
    expect(await callLinks.put(certain)).toMatchObject({
      status: 'linked',
      link: { callId: 'true', claimed: false, controlUrl: null },
    });
    expect(await callLinks.put({ ...certain, claimed: true })).toMatchObject({
      link: { claimed: false },
    });
    expect(await callLinks.put({ ...claim, claimed: false })).toEqual({
      status: 'linked_elsewhere',
    });
    expect(await callLinks.ofCall(agency.id, 'claim')).toEqual([]);
    expect(await calls.find(agency.id, 'claim')).toMatchObject({ providerCallId: null });
  });
});

describe('the list of calls', () => {
  test('pages newest first without gaps or repeats while calls are being made', async () => {
    const owner = await madeOrganization(world.first, 'paged', agency.id);
    // One statement, one instant: the order within it must still be total.
    const ids = Array.from({ length: 17 }, (_, n) => `call-${String(n).padStart(2, '0')}`);
    await world.first.calls.insertMany(ids.map((callId) => record(owner, callId)));
    const seen: string[] = [];
    let startingAfter: { organizationId: string; callId: string } | undefined;
    for (let hasMore = true; hasMore; ) {
      const page = await world.first.callList.list({
        organizationId: owner.id,
        limit: 4,
        startingAfter,
      });
      if (page === undefined) throw new Error('the cursor was not found');
      seen.push(...page.data.map(({ call }) => call.callId));
      startingAfter = page.data.at(-1)?.call;
      hasMore = page.hasMore;
      await world.second.calls.insertMany([record(owner, `meanwhile-${seen.length}`)]);
    }
    expect(seen).toEqual(ids.reverse());
    const unknown = { organizationId: owner.id, callId: 'unknown' };
    expect(await world.first.callList.list({ limit: 4, startingAfter: unknown })).toBeUndefined();
  });

  test('filters by the committed state of the hold, by organization and by family', async () => {
    const root = await madeOrganization(world.first, 'root');
    const below = await madeOrganization(world.first, 'below', root.id);
    const states = ['authorized', 'live', 'final', 'captured', 'voided', 'expired'] as const;
    for (const owner of [root, below]) {
      await world.first.calls.insertMany([
        ...states.map((state) => record(owner, state)),
        record(owner, 'uncommitted'),
      ]);
      for (const state of states) await commitHold(owner, state, state);
    }
    const list = async (request: object) => {
      const page = await world.first.callList.list({ limit: 100, ...request });
      return page?.data ?? [];
    };
    for (const state of states) {
      const own = await list({ organizationId: below.id, state });
      expect(own.map(({ call }) => call.callId)).toEqual([state]);
      expect(own[0]?.hold).toMatchObject({ state, organizationId: below.id });
      expect(await list({ within: root.id, state })).toHaveLength(2);
      expect(await list({ state })).toHaveLength(2);
    }
    const all = await list({ organizationId: below.id });
    expect(all).toHaveLength(7);
    expect(all.find(({ call }) => call.callId === 'uncommitted')?.hold).toBeUndefined();
    expect(await list({ within: below.id })).toHaveLength(7);
  });
});

test('the timeline of a call merges money and decisions in the order of time', async () => {
  const call = record(client, 'explained');
  const at = (second: number) => new Date(Date.UTC(2026, 10, 21, 6, 0, second));
  const row = { walletId: 'wal_explained', holdId: call.holdId, callId: call.callId };
  await writeEntries(world.sql, [
    { ...row, sequence: 1, kind: 'hold', createdAt: at(1) },
    { ...row, sequence: 2, kind: 'capture', createdAt: at(5) },
    { ...row, sequence: 3, holdId: 'hold_other', createdAt: at(2) },
  ]);
  const event = { organizationId: client.id, callId: 'explained' };
  await world.first.callEvents.appendMany([
    { ...event, kind: 'cutoff_requested', at: at(4) },
    { ...event, kind: 'warned', details: { seconds_left: 30 }, at: at(3) },
    { ...event, kind: 'closed', at: at(5) },
    { ...event, organizationId: agency.id, kind: 'not ours', at: at(3) },
  ]);
  const steps = await world.first.callEvents.timeline(call);
  expect(
    steps.map((step) => (step.source === 'ledger' ? step.entry.kind : step.event.kind)),
  ).toEqual(['hold', 'warned', 'cutoff_requested', 'capture', 'closed']);
  expect(steps[1]).toMatchObject({ at: at(3), event: { details: { seconds_left: 30 } } });
});

test('events without a time are stamped now and keep their order', async () => {
  const event = { organizationId: client.id, callId: 'stamped' };
  const kinds = Array.from({ length: 30 }, (_, n) => `step-${n}`);
  await world.first.callEvents.appendMany(kinds.map((kind) => ({ ...event, kind })));
  const events = await world.first.callEvents.list(client.id, 'stamped');
  expect(events.map(({ kind }) => kind)).toEqual(kinds);
  expect(Math.abs(Date.now() - (events[0]?.at.getTime() ?? 0))).toBeLessThan(60_000);
});
