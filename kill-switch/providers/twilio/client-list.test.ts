/** Twilio's list of calls: whole or thrown. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ProviderClient, ProviderOutage } from '../client.ts';
import { all, type ProviderServer, providerServer } from '../test/provider-server.ts';
import { createTwilioClient } from './client.ts';

const file = new URL('./api-fixtures/call-resource.completed.json', import.meta.url);
const ended = JSON.parse(readFileSync(file, 'utf8'));
const talking = { ...ended, status: 'in-progress', end_time: null, duration: null, price: null };
const SID: string = ended.sid;
const accountSid = 'AC00000000000000000000000000000001';
const CALLS = `/2010-04-01/Accounts/${accountSid}/Calls`;

let server: ProviderServer;
let client: ProviderClient;
beforeAll(async () => {
  server = await providerServer();
  client = createTwilioClient({ accountSid, authToken: 'token', baseUrl: server.url });
});
beforeEach(() => {
  server.asked = [];
});
afterAll(() => server.stop());

describe('the list', () => {
  const since = new Date('2026-11-20T00:00:00Z');
  const until = new Date('2026-11-21T00:00:00Z');
  const page = (calls: unknown[], next: string | null = null) => ({
    status: 200,
    json: { calls, next_page_uri: next, page: 0, page_size: 500 },
  });

  test('follows the pages, asks by status for what has no start, and gives each call once', async () => {
    const older = { ...ended, sid: 'CA-old', end_time: 'Thu, 19 Nov 2026 20:00:00 +0000' };
    server.rule = ({ url }) => {
      const status = url.searchParams.get('Status');
      // It ended between this answer and the last.
      if (status === 'in-progress') return page([talking]);
      if (status === 'ringing') return page([{ ...talking, sid: 'CA-rings', status }]);
      if (status !== null) return page([]);
      if (url.searchParams.get('Page') === '1') return page([{ ...ended, sid: 'CA-two' }, older]);
      return page([ended], `${CALLS}.json?Page=1&PageToken=PT1`);
    };
    const records = await all(client.list(since, until));
    expect(records.map((record) => [record.providerCallId, record.live])).toEqual([
      ['CA-rings', true],
      [SID, false],
      ['CA-two', false],
    ]);
    const ends = server.asked.map(({ url }) => url.searchParams.get('EndTime>'));
    expect(new Set(ends)).toEqual(new Set([null, '2026-11-20T00:00:00Z']));
    expect(server.asked.every(({ url }) => url.pathname === `${CALLS}.json`)).toBe(true);
  });

  test.each([
    ['a 5xx', { status: 503, json: {} }],
    ['a reset', 'reset' as const],
    ['no list', { status: 200, json: {} }],
    ['half a list', { status: 200, text: '{"calls":[' }],
    ['something else in the list', page([{ message: 'x' }])],
    ['a page that leads back', page([ended], `${CALLS}.json?Page=1`)],
  ])('%s is never an empty list', async (_, reply) => {
    server.rule = () => reply;
    await expect(all(client.list(since, until))).rejects.toBeInstanceOf(ProviderOutage);
  });

  test('that breaks at a later page throws', async () => {
    server.rule = ({ url }) =>
      url.searchParams.has('Page')
        ? { status: 500, json: {} }
        : page([ended], `${CALLS}.json?Page=1`);
    await expect(all(client.list(since, until))).rejects.toThrow('HTTP 500');
  });
});
