/** Vapi's list of calls: whole or thrown, in whatever order its pages come. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProviderOutage } from '../client.ts';
import { all, type ProviderServer, providerServer } from '../test/provider-server.ts';
import { listVapiCalls } from './client-list.ts';

const file = new URL('./api-fixtures/list-calls.response.json', import.meta.url);
const [ended] = JSON.parse(readFileSync(file, 'utf8'));

let server: ProviderServer;
beforeAll(async () => {
  server = await providerServer();
});
afterAll(() => server.stop());

describe('the list', () => {
  const since = new Date('2026-11-20T00:00:00.000Z');
  const until = new Date('2026-11-21T00:00:00.000Z');
  const callAt = (ms: number, id: number) => ({
    ...ended,
    id: `call-${id}`,
    updatedAt: new Date(ms).toISOString(),
  });

  function serve(calls: { id: string; updatedAt: string }[], pageSize: number): void {
    server.rule = ({ url }) => {
      const from = url.searchParams.get('updatedAtGe') ?? '';
      const to = url.searchParams.get('updatedAtLt') ?? '';
      const found = calls.filter(({ updatedAt }) => updatedAt >= from && updatedAt < to);
      return { status: 200, json: found.slice(0, pageSize) };
    };
  }

  test.each([['newest first'], ['oldest first'], ['shuffled']])(
    'is whole in whatever order the pages come: %s',
    async (order) => {
      const places = Array.from({ length: 57 }, (_, i) => ((i * 7919) % 86_400) * 1000);
      if (order === 'oldest first') places.sort((a, b) => a - b);
      if (order === 'newest first') places.sort((a, b) => b - a);
      const calls = places.map((ms, id) => callAt(since.getTime() + ms, id));
      serve(calls, 10);
      const account = { apiKey: 'key', baseUrl: server.url };
      const records = await all(listVapiCalls(account, since, until, 10));
      const ids = records.map(({ providerCallId }) => providerCallId);
      expect(ids.sort()).toEqual(calls.map(({ id }) => id).sort());
    },
  );

  test('holds both ends of the stretch', async () => {
    serve([callAt(since.getTime(), 1), callAt(until.getTime(), 2)], 100);
    expect(
      await all(listVapiCalls({ apiKey: 'key', baseUrl: server.url }, since, until)),
    ).toHaveLength(2);
  });

  test('gives up where a millisecond has more calls than a page', async () => {
    serve(
      Array.from({ length: 10 }, (_, id) => callAt(since.getTime(), id)),
      10,
    );
    const account = { apiKey: 'key', baseUrl: server.url };
    await expect(all(listVapiCalls(account, since, until, 10))).rejects.toBeInstanceOf(
      ProviderOutage,
    );
  });

  test.each([
    ['a 5xx', { status: 502 }],
    ['a reset', 'reset' as const],
    ['no list', { status: 200, json: { data: [] } }],
    ['something else in the list', { status: 200, json: [ended, { error: 'x' }] }],
    ['half a list', { status: 200, text: '[{"id":"call-1"' }],
  ])('%s is never an empty list', async (_, reply) => {
    server.rule = () => reply;
    await expect(
      all(listVapiCalls({ apiKey: 'key', baseUrl: server.url }, since, until)),
    ).rejects.toBeInstanceOf(ProviderOutage);
  });

  test('that breaks half-way throws', async () => {
    const calls = Array.from({ length: 30 }, (_, id) => callAt(since.getTime() + id * 60_000, id));
    serve(calls, 10);
    const whole = server.rule;
    let pages = 0;
    server.rule = (asked) => {
      pages += 1;
      return pages > 15 ? { status: 503 } : whole(asked);
    };
    const account = { apiKey: 'key', baseUrl: server.url };
    await expect(all(listVapiCalls(account, since, until, 10))).rejects.toThrow('HTTP 503');
  });
});
