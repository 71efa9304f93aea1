import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { apiKey } from '../test/tenants.ts';

const LIMIT = 20;
const BURST = 100;

let app: TestApplication;
let keys: string[];
beforeAll(async () => {
  app = await testApplication({ RINGFENCE_RATE_LIMIT_PER_SECOND: String(LIMIT) });
  keys = [await apiKey(app, 'platform'), await apiKey(app, 'platform')];
});
afterAll(() => app.stop());

const burst = (method: string, path: string, call: object) =>
  Promise.all(Array.from({ length: BURST }, () => app.request(method, path, call)));

describe('the rate limit', () => {
  test('refuses a key past its limit with Retry-After, and no other key', async () => {
    const [key = '', other = ''] = keys;
    const answers = await burst('GET', '/v1/organizations', { key });
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(LIMIT);
    for (const { headers, body } of refused) {
      expect(headers.get('retry-after')).toBe('1');
      expect(body).toMatchObject({
        error: { code: 'rate_limited', details: { limit_per_second: LIMIT } },
      });
    }
    expect((await app.request('GET', '/v1/organizations', { key: other })).status).toBe(200);
  });

  test('spares status checks and webhooks', async () => {
    const [, key = ''] = keys;
    const checks = await burst('POST', '/v1/calls/unknown/check', { key, body: {} });
    expect(new Set(checks.map((answer) => answer.status))).toEqual(new Set([404]));
    const events = await burst('POST', '/webhooks/vapi', { body: {} });
    expect(new Set(events.map((answer) => answer.status))).toEqual(new Set([401]));
  });
});
