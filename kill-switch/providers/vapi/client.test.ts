/** The Vapi client against a server on loopback that answers with Vapi's own samples. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DialOrder, type ProviderClient, ProviderOutage } from '../client.ts';
import { closedUrl, type ProviderServer, providerServer } from '../test/provider-server.ts';
import { createVapiClient } from './client.ts';

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`./api-fixtures/${name}.json`, import.meta.url), 'utf8'));

const ID = '019a2f10-7c3b-7e1a-9d44-000000000002';
const [ended] = sample('list-calls.response');
const { endedAt: _1, endedReason: _2, cost: _3, ...talking } = ended;
const KEY = 'vapi-private-key';

let server: ProviderServer;
let client: ProviderClient;
let controlUrl: string;
beforeAll(async () => {
  server = await providerServer();
  const account = { apiKey: KEY, publicKey: 'vapi-public-key', baseUrl: server.url };
  client = createVapiClient({ ...account, development: true });
  controlUrl = `${server.url}/${ID}/control`;
});
beforeEach(() => {
  server.asked = [];
});
afterAll(() => server.stop());

const live = () => ({ ...talking, status: 'in-progress', monitor: { controlUrl } });

/** Answers GET /call/{id} with `call`, and control orders with `status`. */
function answer(status: number, call: unknown): void {
  server.rule = ({ method }) =>
    method === 'GET' ? { status: 200, json: call } : { status, json: {} };
}

describe('orders', () => {
  test.each([
    ['end-call', (c: ProviderClient) => c.hangUp({ providerCallId: ID, controlUrl })],
    [
      'say-then-hang-up',
      (c: ProviderClient) =>
        c.say({ providerCallId: ID, controlUrl }, 'We have to end the call here. Goodbye.', {
          endAfter: true,
        }),
    ],
  ])('%s is what Vapi documents', async (name, order) => {
    answer(200, live());
    expect(await order(client)).toEqual({ status: 'accepted' });
    const [asked] = server.asked;
    expect(asked).toMatchObject({ method: 'POST', url: new URL(controlUrl) });
    expect(asked?.headers.authorization).toBe('Bearer vapi-public-key');
    expect(JSON.parse(asked?.body ?? '')).toEqual(sample(`control.${name}`));
  });

  test('transfer to a number and to a SIP address', async () => {
    answer(200, live());
    const call = { providerCallId: ID, controlUrl };
    await client.transfer(call, '+14155550111');
    await client.transfer(call, 'sip:desk@example.com');
    const sent = server.asked.map(({ body }) => JSON.parse(body).destination);
    expect(sent).toEqual([
      sample('control.transfer').destination,
      { type: 'sip', sipUri: 'sip:desk@example.com' },
    ]);
  });

  test('without a control address the record is asked for it', async () => {
    answer(204, live());
    expect(await client.hangUp({ providerCallId: ID })).toEqual({ status: 'accepted' });
    expect(server.asked.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  test('an address that turns the order down gives way to the one in the record', async () => {
    server.rule = ({ method, url }) => {
      if (method === 'GET') return { status: 200, json: live() };
      return { status: url.pathname === '/old' ? 404 : 200 };
    };
    const call = { providerCallId: ID, controlUrl: `${server.url}/old` };
    expect(await client.hangUp(call)).toEqual({ status: 'accepted' });
  });

  test('a call that is over says so, and one that lives does not', async () => {
    answer(400, ended);
    const call = { providerCallId: ID, controlUrl };
    expect(await client.hangUp(call)).toEqual({ status: 'already_over' });
    expect(await client.hangUp({ providerCallId: ID })).toEqual({ status: 'already_over' });
    answer(400, live());
    expect(await client.hangUp(call)).toEqual({
      status: 'refused',
      httpStatus: 400,
      retryable: false,
    });
  });

  test.each([[429], [500], [503]])('HTTP %i may pass', async (status) => {
    answer(status, live());
    const result = await client.hangUp({ providerCallId: ID, controlUrl });
    expect(result).toEqual({ status: 'refused', httpStatus: status, retryable: true });
    expect(server.asked).toHaveLength(1);
  });

  test('no answer is no refusal', async () => {
    server.rule = () => 'reset';
    const unreachable = { status: 'unreachable' };
    expect(await client.hangUp({ providerCallId: ID, controlUrl })).toEqual(unreachable);
    expect(await client.hangUp({ providerCallId: ID })).toEqual(unreachable);
    expect(await client.hangUp({ providerCallId: ID, controlUrl: await closedUrl() })).toEqual(
      unreachable,
    );
  });

  test('outside development nothing is sent to an address inside', async () => {
    answer(200, live());
    const strict = createVapiClient({ apiKey: KEY, baseUrl: server.url });
    const result = await strict.hangUp({ providerCallId: ID, controlUrl });
    expect(result).toMatchObject({ status: 'unsupported' });
    expect(server.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  test('the limit cannot be moved', async () => {
    expect(await client.limit({ providerCallId: ID }, 60)).toMatchObject({ status: 'unsupported' });
  });
});

describe('the record', () => {
  test('of a call that is over has its times and its cost', async () => {
    answer(200, ended);
    expect(await client.fetch(ID)).toMatchObject({
      providerCallId: ID,
      live: false,
      startedAtMs: Date.parse('2026-11-20T16:02:20.214Z'),
      endedAtMs: Date.parse('2026-11-20T16:04:37.635Z'),
      durationMs: 137_421,
      outcome: 'completed',
      reason: 'customer-ended-call',
      costMicros: 218_100,
      ringfence: { organizationId: 'org_01J9ZK3R4Q', holdId: 'hold_01JCX4M2V8' },
      twilioCallSid: 'CA00000000000000000000000000000a02',
    });
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(server.asked[0]?.url.pathname).toBe(`/call/${ID}`);
  });

  test.each([
    ['in-progress', Date.parse('2026-11-20T16:02:20.214Z')],
    ['forwarding', Date.parse('2026-11-20T16:02:20.214Z')],
    ['ringing', undefined],
    ['queued', undefined],
  ])('%s lives, answered at %s', async (status, startedAtMs) => {
    answer(200, { ...live(), status });
    expect(await client.fetch(ID)).toMatchObject({ live: true, startedAtMs, controlUrl });
  });

  test('404 is the only not_found', async () => {
    server.rule = () => ({ status: 404, json: {} });
    expect(await client.fetch(ID)).toBe('not_found');
    expect(await client.fetch('../call')).toBe('not_found');
    for (const reply of [
      { status: 401 },
      { status: 500 },
      { status: 200, text: '<html>' },
      { status: 200, json: {} },
      { status: 200, json: [ended] },
      'reset' as const,
    ]) {
      server.rule = () => reply;
      await expect(client.fetch(ID)).rejects.toBeInstanceOf(ProviderOutage);
    }
  });
});

describe('the dial', () => {
  const request = sample('create-call.request');
  const order: DialOrder = {
    to: request.customer.number,
    from: request.phoneNumberId,
    agent: request.assistantId,
    capSeconds: 180,
    metadata: request.assistantOverrides.metadata,
  };

  test('sets the cap and the metadata', async () => {
    server.rule = () => ({ status: 201, json: sample('create-call.response') });
    expect(await client.create(order)).toEqual({
      status: 'created',
      providerCallId: ID,
      controlUrl: sample('create-call.response').monitor.controlUrl,
      twilioCallSid: 'CA00000000000000000000000000000a02',
    });
    const sent = JSON.parse(server.asked[0]?.body ?? '');
    expect(sent).toEqual({ ...request, customer: { number: order.to } });
  });

  test.each([
    [400, 'refused'],
    [401, 'refused'],
    [402, 'refused'],
    [429, 'refused'],
    [408, 'unknown'],
    [302, 'unknown'],
    [500, 'unknown'],
    [504, 'unknown'],
  ])('HTTP %i is %s, and nothing is sent twice', async (status, expected) => {
    const json = { message: ['bad number', `key ${KEY}`], statusCode: status };
    server.rule = () => ({ status, json });
    const result = await client.create(order);
    expect(result).toEqual({
      status: expected,
      why: `HTTP ${status}: bad number; key ***`,
      ...(expected === 'refused' ? { httpStatus: status } : {}),
    });
    expect(server.asked).toHaveLength(1);
  });

  test('a reset and an unreadable answer leave it open', async () => {
    server.rule = () => 'reset';
    expect(await client.create(order)).toMatchObject({ status: 'unknown' });
    expect(server.asked).toHaveLength(1);
    server.rule = () => ({ status: 201, text: '<html>' });
    expect(await client.create(order)).toMatchObject({ status: 'unknown' });
  });

  test('a provider that nobody listens for has placed nothing', async () => {
    const gone = createVapiClient({ apiKey: KEY, baseUrl: await closedUrl() });
    expect(await gone.create(order)).toMatchObject({ status: 'refused' });
  });
});
