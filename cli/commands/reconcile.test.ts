import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCommand, type TestRingfence, testRingfence } from '../test-ringfence.ts';
import { reconcile, sinceOf } from './reconcile.ts';

/** Vapi's `GET /call`, as far as the command asks for it. */
interface Books {
  status: number;
  calls: Record<string, unknown>[];
}

let ringfence: TestRingfence;
let provider: Server;
let books: Books;
let organizationId: string;
beforeAll(async () => {
  provider = createServer((_, response) => {
    response.writeHead(books.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(books.calls));
  });
  provider.listen(0, '127.0.0.1');
  // The server has no credentials for Vapi, so it leaves the work to the command.
  ringfence = await testRingfence();
  const organization = await ringfence.post('/v1/organizations', { name: 'Acme' });
  organizationId = String(organization.id);
  const price = { unit: 'minute', rate_micros_per_minute: 0, currency: 'usd' };
  await ringfence.put('/v1/prices/voice_minute', price);
});
beforeEach(() => {
  books = { status: 200, calls: [] };
});
afterAll(async () => {
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
  await ringfence.end();
});

const run = (...args: string[]) =>
  runCommand(reconcile, args, {
    ...ringfence.env,
    VAPI_API_KEY: 'vapi-key-of-the-test',
    VAPI_BASE_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}`,
  });

/** A call of 60 s that ended a minute ago, as Vapi's books have it. */
function endedCall(callId: string): Record<string, unknown> {
  const at = (ageMs: number) => new Date(Date.now() - ageMs).toISOString();
  return {
    id: `vapi-${callId}`,
    status: 'ended',
    endedReason: 'customer-ended-call',
    startedAt: at(120_000),
    endedAt: at(60_000),
    updatedAt: at(60_000),
    assistantOverrides: {
      metadata: { ringfence: { organization_id: organizationId, call_id: callId } },
    },
  };
}

describe('reconcile', () => {
  test('captures what no webhook told, beside a running server, and says so', async () => {
    const call = { call_id: 'c-1', organization_id: organizationId, provider: 'vapi' };
    await ringfence.post('/v1/calls', call);
    books.calls = [endedCall('c-1')];
    const { code, text } = await run('vapi', '--since', '2h');
    expect(text).toMatch(/^vapi, .* to .*\n {2}1 listed, 1 captured, 0 settled, /);
    expect(code).toBe(0);
    const again = await run('vapi');
    expect(again.text).toContain('1 listed, 0 captured, 0 settled, 0 adopted, 0 charged');
    expect(again.text).toContain('1 unchanged');
  });

  test('exits 1 when a provider could not be listed wholly', async () => {
    books.status = 503;
    const { code, text } = await run('vapi', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(text)).toMatchObject({ reports: [{ provider: 'vapi', complete: false }] });
  });

  test('a provider without credentials, or that is none, is refused', async () => {
    await expect(run('twilio')).rejects.toThrow('no credentials for twilio');
    await expect(run('acme')).rejects.toThrow('none of vapi, retell, twilio');
    await expect(run('vapi', '--since', 'soon')).rejects.toThrow('--since: soon');
  });
});

test('--since takes an age or a time within 90 days', () => {
  const nowMs = Date.parse('2026-03-01T12:00:00Z');
  expect(sinceOf('2h', nowMs).toISOString()).toBe('2026-03-01T10:00:00.000Z');
  expect(sinceOf('7d', nowMs).toISOString()).toBe('2026-02-22T12:00:00.000Z');
  expect(sinceOf('2026-03-01T11:30:00Z', nowMs).toISOString()).toBe('2026-03-01T11:30:00.000Z');
  for (const wrong of ['2', '2w', '-1h', '91d', '0h', '2026-03-02T00:00:00Z', '']) {
    expect(() => sinceOf(wrong, nowMs)).toThrow('--since');
  }
});
