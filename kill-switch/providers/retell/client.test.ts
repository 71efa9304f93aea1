/** The Retell client against a server on loopback that answers with Retell's own samples. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DialOrder, type ProviderClient, ProviderOutage } from '../client.ts';
import { all, closedUrl, type ProviderServer, providerServer } from '../test/provider-server.ts';
import { createRetellClient } from './client.ts';

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`./api-fixtures/${name}.json`, import.meta.url), 'utf8'));

const [ended, unanswered] = sample('list-calls.v3.response').items;
const {
  end_timestamp: _1,
  disconnection_reason: _2,
  duration_ms: _3,
  call_cost: _4,
  ...talking
} = ended;
const live = { ...talking, call_status: 'ongoing' };
const ID: string = ended.call_id;
const call = { providerCallId: ID };
const KEY = 'retell-key';

let server: ProviderServer;
let client: ProviderClient;
beforeAll(async () => {
  server = await providerServer();
  client = createRetellClient({ apiKey: KEY, baseUrl: server.url });
});
beforeEach(() => {
  server.asked = [];
});
afterAll(() => server.stop());

const paths = () => server.asked.map(({ method, url }) => `${method} ${url.pathname}`);

describe('orders', () => {
  test('the end is asked for by stop-call', async () => {
    server.rule = () => ({ status: 204 });
    expect(await client.hangUp(call)).toEqual({ status: 'accepted' });
    expect(paths()).toEqual([`POST /v2/stop-call/${ID}`]);
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test.each([
    ['over', ended, { status: 'already_over' }],
    ['live', live, { status: 'refused', httpStatus: 422, retryable: false }],
  ])('a refused end of a call that is %s', async (_, record, expected) => {
    server.rule = ({ method }) =>
      method === 'GET'
        ? { status: 200, json: record }
        : { status: 422, json: sample('stop-call.error-422') };
    expect(await client.hangUp(call)).toEqual(expected);
  });

  test.each([[408], [409], [429], [500]])('HTTP %i is sent once', async (status) => {
    server.rule = ({ method }) =>
      method === 'GET' ? { status: 200, json: live } : { status, json: {} };
    const retryable = status !== 409;
    expect(await client.hangUp(call)).toEqual({ status: 'refused', httpStatus: status, retryable });
    expect(paths().filter((path) => path.startsWith('POST'))).toHaveLength(1);
  });

  test('no answer is no refusal', async () => {
    server.rule = () => 'reset';
    expect(await client.hangUp(call)).toEqual({ status: 'unreachable' });
    expect(await client.say(call, 'x')).toEqual({ status: 'unreachable' });
    const gone = createRetellClient({ apiKey: KEY, baseUrl: await closedUrl() });
    expect(await gone.hangUp(call)).toEqual({ status: 'unreachable' });
  });

  test('a sentence goes to the agent of the live call', async () => {
    server.rule = () => ({ status: 200, json: { call_id: ID } });
    expect(await client.say(call, 'Ten seconds left.')).toEqual({ status: 'accepted' });
    expect(paths()).toEqual([`PATCH /v2/update-live-call/${ID}`]);
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({
      call_control: {
        additional_context: 'Say this to the caller now: Ten seconds left.',
        trigger_response: true,
      },
    });
  });

  test('what Retell cannot do is not sent', async () => {
    expect(await client.transfer(call, '+1')).toMatchObject({ status: 'unsupported' });
    expect(await client.limit(call, 60)).toMatchObject({ status: 'unsupported' });
    expect(await client.hangUp({ providerCallId: '../x' })).toMatchObject({ status: 'refused' });
    expect(server.asked).toEqual([]);
  });
});

describe('the record', () => {
  test('of a call that is over has its times, and cents exactly', async () => {
    server.rule = () => ({ status: 200, json: ended });
    expect(await client.fetch(ID)).toMatchObject({
      providerCallId: ID,
      live: false,
      startedAtMs: 1_795_190_531_214,
      endedAtMs: 1_795_190_668_635,
      durationMs: 137_421,
      outcome: 'completed',
      reason: 'user_hangup',
      costMicros: 311_500,
      ringfence: { organizationId: 'org_01J9ZK3R4Q', holdId: 'hold_01JCX4M2V8' },
      twilioCallSid: 'CA0000000000000000000000000000b001',
    });
    expect(paths()).toEqual([`GET /v2/get-call/${ID}`]);
  });

  test('of a call that nobody answered costs no time', async () => {
    server.rule = () => ({ status: 200, json: unanswered });
    expect(await client.fetch(ID)).toMatchObject({
      live: false,
      durationMs: 0,
      outcome: 'no_answer',
      startedAtMs: undefined,
    });
  });

  test.each([
    ['ongoing', 1_795_190_531_214],
    ['registered', undefined],
  ])('%s lives, answered at %s', async (call_status, startedAtMs) => {
    server.rule = () => ({ status: 200, json: { ...live, call_status } });
    expect(await client.fetch(ID)).toMatchObject({ live: true, startedAtMs });
  });

  test('an end that the status has not heard of is an end', async () => {
    server.rule = () => ({ status: 200, json: { ...ended, call_status: 'registered' } });
    expect(await client.fetch(ID)).toMatchObject({ live: false, durationMs: 137_421 });
  });

  test('404 and 422 are not_found, nothing else is', async () => {
    for (const status of [404, 422]) {
      server.rule = () => ({ status, json: { status: 'error' } });
      expect(await client.fetch(ID)).toBe('not_found');
    }
    for (const reply of [
      { status: 401, json: {} },
      { status: 500 },
      { status: 200, text: '{"call_id":' },
      { status: 200, json: {} },
      'reset' as const,
    ]) {
      server.rule = () => reply;
      await expect(client.fetch(ID)).rejects.toBeInstanceOf(ProviderOutage);
    }
  });
});

describe('the list', () => {
  const since = new Date(1_795_190_000_000);
  const until = new Date(1_795_190_700_000);
  const none = { items: [], has_more: false };
  const filterOf = (body: string) => JSON.parse(body).filter_criteria;

  test('asks for what lives, what ended and what never connected; each call comes once', async () => {
    server.rule = ({ body }) => {
      const filter = filterOf(body);
      if (filter.end_timestamp) return { status: 200, json: { items: [ended], has_more: false } };
      if (filter.start_timestamp) {
        return { status: 200, json: { items: [unanswered], has_more: false } };
      }
      // It ended between this answer and the next.
      return { status: 200, json: { items: [live], has_more: false } };
    };
    const records = await all(client.list(since, until));
    expect(records.map((record) => [record.providerCallId, record.live])).toEqual([
      [ID, false],
      [unanswered.call_id, false],
    ]);
    expect(filterOf(server.asked[1]?.body ?? '')).toEqual({
      end_timestamp: { type: 'range', op: 'bt', value: [since.getTime(), until.getTime()] },
    });
    expect(new Set(paths())).toEqual(new Set(['POST /v3/list-calls']));
  });

  test('follows the pages to the last', async () => {
    const page = (id: number) => ({
      items: [{ ...ended, call_id: `call_${id}` }],
      has_more: id < 2,
      ...(id < 2 ? { pagination_key: `key${id + 1}` } : {}),
    });
    server.rule = ({ body }) => {
      if (!filterOf(body).end_timestamp) return { status: 200, json: none };
      const key: string | undefined = JSON.parse(body).pagination_key;
      return { status: 200, json: page(Number(key?.replace('key', '') ?? 0)) };
    };
    expect(await all(client.list(since, until))).toHaveLength(3);
  });

  test.each([
    ['a 5xx', { status: 500, json: {} }],
    ['a reset', 'reset' as const],
    ['no list', { status: 200, json: {} }],
    ['more without a key', { status: 200, json: { items: [ended], has_more: true } }],
    [
      'a key that leads back',
      { status: 200, json: { items: [ended], has_more: true, pagination_key: 'again' } },
    ],
    ['something else in the list', { status: 200, json: { items: [{}], has_more: false } }],
  ])('%s is never an empty list', async (_, reply) => {
    server.rule = () => reply;
    await expect(all(client.list(since, until))).rejects.toBeInstanceOf(ProviderOutage);
  });

  test('that breaks at the last question throws', async () => {
    server.rule = ({ body }) =>
      filterOf(body).start_timestamp ? { status: 503, json: {} } : { status: 200, json: none };
    await expect(all(client.list(since, until))).rejects.toThrow('HTTP 503');
  });
});

describe('the dial', () => {
  const request = sample('create-phone-call.request');
  const order: DialOrder = {
    to: request.to_number,
    from: request.from_number,
    agent: request.override_agent_id,
    capSeconds: 180,
    metadata: request.metadata,
    variables: request.retell_llm_dynamic_variables,
  };

  test('sets the cap and the metadata', async () => {
    const created = sample('create-phone-call.response');
    server.rule = () => ({ status: 201, json: created });
    expect(await client.create(order)).toMatchObject({
      status: 'created',
      providerCallId: created.call_id,
    });
    const { override_agent_version: _, ...expected } = request;
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({
      ...expected,
      agent_override: { agent: { max_call_duration_ms: 180_000 } },
    });
  });

  test.each([
    [400, 'refused'],
    [402, 'refused'],
    [429, 'refused'],
    [408, 'unknown'],
    [500, 'unknown'],
  ])('HTTP %i is %s, and nothing is sent twice', async (status, expected) => {
    server.rule = () => ({ status, json: { status: 'error', message: `no, ${KEY}` } });
    expect(await client.create(order)).toEqual({
      status: expected,
      why: `HTTP ${status}: no, ***`,
      ...(expected === 'refused' ? { httpStatus: status } : {}),
    });
    expect(server.asked).toHaveLength(1);
  });

  test('a reset and an unreadable answer leave it open', async () => {
    server.rule = () => 'reset';
    expect(await client.create(order)).toMatchObject({ status: 'unknown' });
    expect(server.asked).toHaveLength(1);
    server.rule = () => ({ status: 201, text: '{"call_id"' });
    expect(await client.create(order)).toMatchObject({ status: 'unknown' });
    server.rule = () => ({ status: 201, json: {} });
    expect(await client.create(order)).toMatchObject({ status: 'unknown' });
  });

  test('a provider that nobody listens for has placed nothing', async () => {
    const gone = createRetellClient({ apiKey: KEY, baseUrl: await closedUrl() });
    expect(await gone.create(order)).toMatchObject({ status: 'refused' });
  });
});
