/** The Twilio client against a server on loopback that answers with Twilio's own samples. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DialOrder, type ProviderClient, ProviderOutage } from '../client.ts';
import { closedUrl, type ProviderServer, providerServer } from '../test/provider-server.ts';
import { createTwilioClient } from './client.ts';

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`./api-fixtures/${name}.json`, import.meta.url), 'utf8'));

const ended = sample('call-resource.completed');
const talking = { ...ended, status: 'in-progress', end_time: null, duration: null, price: null };
const SID: string = ended.sid;
const call = { providerCallId: SID };
const AC = 'AC00000000000000000000000000000001';
const TOKEN = '0123456789abcdef0123456789abcdef';
const CALLS = `/2010-04-01/Accounts/${AC}/Calls`;

let server: ProviderServer;
let client: ProviderClient;
const account = (baseUrl: string) => ({
  accountSid: AC,
  authToken: TOKEN,
  baseUrl,
  publicUrl: 'https://billing.example.com/',
});
beforeAll(async () => {
  server = await providerServer();
  client = createTwilioClient(account(server.url));
});
beforeEach(() => {
  server.asked = [];
});
afterAll(() => server.stop());

const sent = () =>
  server.asked.map(({ method, url, body }) =>
    [method, url.pathname.replace(CALLS, ''), body].join(' ').trim(),
  );

describe('orders', () => {
  test('the end of a call is an update of its status', async () => {
    server.rule = () => ({ status: 200, json: ended });
    expect(await client.hangUp(call)).toEqual({ status: 'accepted' });
    expect(sent()).toEqual([`POST /${SID}.json Status=completed`]);
    expect(server.asked[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from(`${AC}:${TOKEN}`).toString('base64')}`,
    );
    expect(server.asked[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  test("the Twilio leg of another provider's call is ended by its own id", async () => {
    server.rule = () => ({ status: 200, json: ended });
    await client.hangUp({ providerCallId: 'vapi-call', twilioCallSid: 'CA77' });
    expect(sent()).toEqual(['POST /CA77.json Status=completed']);
  });

  const notInProgress = { code: 21220, message: 'Call is not in-progress.', status: 400 };

  test('a call that is over says so', async () => {
    server.rule = ({ method }) =>
      method === 'GET' ? { status: 200, json: ended } : { status: 400, json: notInProgress };
    expect(await client.hangUp(call)).toEqual({ status: 'already_over' });
  });

  test('a call that still rings is canceled', async () => {
    server.rule = ({ method, body }) => {
      if (method === 'GET') return { status: 200, json: { ...talking, status: 'ringing' } };
      return body === 'Status=canceled'
        ? { status: 200, json: ended }
        : { status: 400, json: notInProgress };
    };
    expect(await client.hangUp(call)).toEqual({ status: 'accepted' });
  });

  test('a call that talks on stays refused', async () => {
    server.rule = ({ method }) =>
      method === 'GET' ? { status: 200, json: talking } : { status: 403, json: {} };
    expect(await client.hangUp(call)).toEqual({
      status: 'refused',
      httpStatus: 403,
      retryable: false,
    });
  });

  test.each([[429], [500], [503]])('HTTP %i is sent once', async (status) => {
    server.rule = () => ({ status, json: {} });
    expect(await client.hangUp(call)).toEqual({
      status: 'refused',
      httpStatus: status,
      retryable: true,
    });
    expect(server.asked).toHaveLength(1);
  });

  test('no answer is no refusal', async () => {
    server.rule = () => 'reset';
    expect(await client.hangUp(call)).toEqual({ status: 'unreachable' });
    server.rule = () => ({ status: 200, text: '<html>' });
    expect(await client.hangUp(call)).toEqual({ status: 'unreachable' });
  });

  test('the limit can be moved; speech and transfer cannot be had', async () => {
    server.rule = () => ({ status: 200, json: talking });
    expect(await client.limit(call, 900)).toEqual({ status: 'accepted' });
    expect(sent()).toEqual([`POST /${SID}.json TimeLimit=900`]);
    expect(await client.say(call, 'x')).toMatchObject({ status: 'unsupported' });
    expect(await client.transfer(call, '+1')).toMatchObject({ status: 'unsupported' });
    expect(await client.hangUp({ providerCallId: '../x' })).toMatchObject({ status: 'refused' });
    expect(server.asked).toHaveLength(1);
  });
});

describe('the record', () => {
  test('of a call that is over has its times and a positive cost', async () => {
    server.rule = () => ({ status: 200, json: ended });
    expect(await client.fetch(SID)).toMatchObject({
      providerCallId: SID,
      live: false,
      startedAtMs: Date.parse('2026-11-20T16:02:20Z'),
      endedAtMs: Date.parse('2026-11-20T16:04:38Z'),
      durationMs: 138_000,
      outcome: 'completed',
      costMicros: 42_000,
      bindings: [
        { kind: 'phone_number', externalId: '+14155550142' },
        { kind: 'account', externalId: AC },
      ],
    });
    expect(sent()).toEqual([`GET /${SID}.json`]);
  });

  test.each([
    ['-0.00830', 'USD', 8_300],
    ['-1.1', 'usd', 1_100_000],
    ['0', 'USD', 0],
    ['-0.0000005', 'USD', 1],
    ['-0.02', 'EUR', undefined],
    [null, 'USD', undefined],
  ])('a price of %s %s is %s micros', async (price, price_unit, micros) => {
    server.rule = () => ({ status: 200, json: { ...ended, price, price_unit } });
    const record = await client.fetch(SID);
    expect(record === 'not_found' ? record : record.costMicros).toBe(micros);
  });

  test('the price comes later than the end', async () => {
    server.rule = () => ({ status: 200, json: sample('call-resource.price-pending') });
    expect(await client.fetch(SID)).toMatchObject({
      live: false,
      durationMs: 138_000,
      costMicros: undefined,
    });
  });

  test.each([
    ['queued', true, undefined],
    ['ringing', true, undefined],
    ['in-progress', true, undefined],
    ['busy', false, 'no_answer'],
    ['no-answer', false, 'no_answer'],
    ['canceled', false, 'no_answer'],
    ['failed', false, 'failed'],
  ])('%s lives: %s, outcome %s', async (status, live, outcome) => {
    server.rule = () => ({ status: 200, json: { ...ended, status, duration: '' } });
    const durationMs = live ? undefined : 0;
    expect(await client.fetch(SID)).toMatchObject({ live, outcome, durationMs });
  });

  test('404 is the only not_found', async () => {
    server.rule = () => ({ status: 404, json: { code: 20404, message: 'not found' } });
    expect(await client.fetch(SID)).toBe('not_found');
    for (const reply of [
      { status: 401, json: {} },
      { status: 500 },
      { status: 200, text: '{"sid":' },
      { status: 200, json: {} },
      'reset' as const,
    ]) {
      server.rule = () => reply;
      const error = await client.fetch(SID).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ProviderOutage);
      expect(JSON.stringify(error) + String(error)).not.toContain(TOKEN);
    }
  });
});

describe('the dial', () => {
  const order: DialOrder = {
    to: '+14155550987',
    from: '+14155550142',
    agent: 'https://agents.example.com/front-desk.xml',
    capSeconds: 180,
    metadata: { ringfence_organization_id: 'org_1', ringfence_call_id: "it's & a=call" },
  };

  test('sets the time limit, and our ids in the address for callbacks', async () => {
    server.rule = () => ({ status: 201, json: { ...talking, status: 'queued' } });
    expect(await client.create(order)).toEqual({
      status: 'created',
      providerCallId: SID,
      controlUrl: undefined,
      twilioCallSid: SID,
    });
    const form = new URLSearchParams(server.asked[0]?.body);
    expect(form.get('TimeLimit')).toBe('180');
    expect(form.get('Url')).toBe(order.agent);
    expect(form.getAll('StatusCallbackEvent')).toEqual(['answered', 'completed']);
    const callback = new URL(form.get('StatusCallback') ?? '');
    expect(callback.origin + callback.pathname).toBe(
      'https://billing.example.com/webhooks/twilio/voice',
    );
    expect(Object.fromEntries(callback.searchParams)).toEqual(order.metadata);
    expect(form.get('StatusCallback')).not.toContain("'");
  });

  test.each([
    [400, 'refused'],
    [401, 'refused'],
    [429, 'refused'],
    [408, 'unknown'],
    [500, 'unknown'],
  ])('HTTP %i is %s, and nothing is sent twice', async (status, expected) => {
    server.rule = () => ({ status, json: { code: 1, message: `no, ${TOKEN}`, status } });
    expect(await client.create(order)).toEqual({
      status: expected,
      why: `HTTP ${status}: no, ***`,
      ...(expected === 'refused' ? { httpStatus: status } : {}),
    });
    expect(server.asked).toHaveLength(1);
  });

  test('a reset and an unreadable answer leave it open', async () => {
    for (const reply of [
      'reset' as const,
      { status: 201, text: '<html>' },
      { status: 201, json: {} },
    ]) {
      server.rule = () => reply;
      expect(await client.create(order)).toMatchObject({ status: 'unknown' });
    }
    expect(server.asked).toHaveLength(3);
  });

  test('a provider that nobody listens for, and a call without TwiML, placed nothing', async () => {
    const gone = createTwilioClient(account(await closedUrl()));
    expect(await gone.create(order)).toMatchObject({ status: 'refused' });
    expect(await client.create({ ...order, agent: undefined })).toMatchObject({
      status: 'refused',
    });
  });
});
