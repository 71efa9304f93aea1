import Retell from 'retell-sdk';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../test/eventually.ts';
import { startRetell } from './start.ts';

const apiKey = 'key_simulated';
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Seven ended calls, of two organizations, and one that is live. */
async function eightCalls() {
  const simulator = await startRetell({
    apiKey,
    seed: 5,
    // The last one has to outlive a machine that stands still for a while.
    scale: 20,
    script: { queueMs: 0, ringMs: 10, talkMs: [5_000, 20_000] },
  });
  stops.push(simulator.stop);
  const client = new Retell({ apiKey, baseURL: simulator.url, maxRetries: 0 });
  simulator.control.script('+14155550008', { talkMs: 3_000_000 });
  for (let call = 1; call <= 8; call += 1) {
    await client.call.createPhoneCall({
      from_number: '+14155550142',
      to_number: `+1415555000${call}`,
      override_agent_id: call % 2 ? 'agent_odd' : 'agent_even',
      metadata: { ringfence_organization_id: call <= 3 ? 'org_a' : 'org_b' },
    });
  }
  await eventually(() => simulator.control.counts()).toMatchObject({ open: 1, live: 1 });
  return { client, records: simulator.control.records() };
}

const ids = (list: { items?: { call_id: string }[] }) => list.items?.map((item) => item.call_id);

test('pages by key give every call once, in order, either way', async () => {
  const { client, records } = await eightCalls();
  for (const sort_order of ['ascending', 'descending'] as const) {
    const seen: string[] = [];
    let pagination_key: string | undefined;
    do {
      const page = await client.call.list({
        sort_order,
        limit: 3,
        include_total: true,
        ...(pagination_key === undefined ? {} : { pagination_key }),
      });
      expect(page.total).toBe(8);
      seen.push(...(ids(page) ?? []));
      pagination_key = page.has_more ? page.pagination_key : undefined;
    } while (pagination_key !== undefined);
    const byStart = [...records].sort(
      (a, b) => (a.startedAtMs ?? 0) - (b.startedAtMs ?? 0) || a.ordinal - b.ordinal,
    );
    if (sort_order === 'descending') byStart.reverse();
    expect(seen).toEqual(byStart.map(({ providerCallId }) => providerCallId));
  }
});

test('filters: end time, status, metadata and agent, joined by AND', async () => {
  const { client, records } = await eightCalls();
  const ends = records.flatMap(({ endedAtMs }) => endedAtMs ?? []).sort((a, b) => a - b);
  const [low = 0, high = 0] = [ends[2], ends[4]];
  const list = await client.call.list({
    filter_criteria: {
      end_timestamp: { type: 'range', op: 'bt', value: [low, high] },
      call_status: { type: 'enum', op: 'in', value: ['ended', 'error', 'not_connected'] },
    },
  });
  const inRange = records.filter(({ endedAtMs: end = 0 }) => end >= low && end <= high);
  expect(new Set(ids(list))).toEqual(new Set(inRange.map((record) => record.providerCallId)));

  const own = await client.call.list({
    filter_criteria: {
      agent: [{ agent_id: 'agent_odd' }],
      metadata: [{ type: 'string', op: 'eq', key: 'ringfence_organization_id', value: 'org_a' }],
    },
  });
  expect(new Set(ids(own))).toEqual(
    new Set([records[0]?.providerCallId, records[2]?.providerCallId]),
  );
  const ongoing = await client.call.list({
    filter_criteria: { call_status: { type: 'enum', op: 'in', value: ['ongoing'] } },
  });
  expect(ids(ongoing)).toEqual([records[7]?.providerCallId]);
});

test('items lack transcripts; a criterion or key it does not know is refused', async () => {
  const { client } = await eightCalls();
  const { items } = await client.call.list({ limit: 1 });
  expect(items?.[0]).not.toHaveProperty('transcript');
  await expect(client.call.list({ pagination_key: 'x' })).rejects.toThrow(/400/);
  const unknown = { filter_criteria: { user_sentiment: { type: 'enum', op: 'in', value: [] } } };
  await expect(client.post('/v3/list-calls', { body: unknown })).rejects.toThrow(/400/);
  await expect(client.call.list({ limit: 1_001 })).rejects.toThrow(/400/);
});
