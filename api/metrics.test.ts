/** What /metrics says, after real requests on a process that does not flush. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from './test/application.ts';
import { testProcess } from './test/process.ts';
import { organization, wallet } from './test/tenants.ts';

let app: TestApplication;
let walletId: string;
beforeAll(async () => {
  app = await testApplication({ RINGFENCE_ROLE: 'api' });
  walletId = await wallet(app, await organization(app, 'Acme'));
});
afterAll(() => app.stop());

/** The value of a sample by the beginning of its line; undefined when it is not there. */
async function sample(
  name: string,
  of: Pick<TestApplication, 'request'> = app,
): Promise<number | undefined> {
  const { text } = await of.request('GET', '/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

const charge = (amountMicros: number, of: Pick<TestApplication, 'request'> = app) =>
  of.request('POST', `/v1/wallets/${walletId}/charges`, {
    body: { amount_micros: amountMicros },
  });

describe('/metrics', () => {
  test('nothing is at risk before money moved', async () => {
    expect(await sample('ringfence_unflushed_micros')).toBe(0);
    expect(await sample('ringfence_money_at_risk_micros_seconds')).toBe(0);
    expect(await sample('ringfence_money_at_risk_complete')).toBe(1);
  });

  test('money at risk is what only Redis knows, and grows with its age', async () => {
    await app.request('POST', `/v1/wallets/${walletId}/credits`, {
      body: { kind: 'bonus', amount_micros: 1_000_000 },
    });
    expect((await charge(400_000)).status).toBe(201);
    expect(await sample('ringfence_unflushed_micros')).toBe(1_400_000);
    const risk = 'ringfence_money_at_risk_micros_seconds';
    const first = (await sample(risk)) ?? 0;
    await expect.poll(() => sample(risk)).toBeGreaterThan(first + 1_400);
  });

  test('the time of a script and its status words are counted by its name', async () => {
    const count = 'ringfence_script_seconds_count{script="charge"}';
    const done = 'ringfence_script_replies_total{script="charge",status="done"}';
    const before = [(await sample(count)) ?? 0, (await sample(done)) ?? 0];
    await charge(1);
    expect(await sample(count)).toBe((before[0] ?? 0) + 1);
    expect(await sample(done)).toBe((before[1] ?? 0) + 1);
    expect(await sample('ringfence_script_seconds_sum{script="charge"}')).toBeGreaterThan(0);
  });

  test('a refusal is counted where it was made and where it was answered', async () => {
    expect((await charge(9_000_000)).status).toBe(402);
    const code = '{code="insufficient_funds"}';
    expect(await sample(`ringfence_admission_refusals_total${code}`)).toBe(1);
    expect(await sample(`ringfence_http_problems_total${code}`)).toBe(1);
  });

  test('what the backlog does not admit is counted as well', async () => {
    // A process of its own: to the others nothing is too old, however long this file takes.
    const { REDIS_URL, DATABASE_URL } = app.core.config;
    const strict = await testProcess({
      ...{ REDIS_URL, DATABASE_URL, RINGFENCE_ROLE: 'api' },
      RINGFENCE_BACKLOG_MAX_AGE_SECONDS: '1',
    });
    const refused = 'ringfence_admission_refusals_total{code="ledger_backlogged"}';
    await expect
      .poll(async () => (await charge(1, strict)).body, { timeout: 60_000 })
      .toMatchObject({ error: { code: 'ledger_backlogged' } });
    expect(await sample(refused, strict)).toBe(1);
    await strict.stop();
  });

  test('while Redis is away the page answers, with the last figures at risk', async () => {
    const before = await sample('ringfence_unflushed_micros');
    await app.kill9Redis();
    await app.request('GET', `/v1/wallets/${walletId}`);
    expect(await sample('ringfence_unflushed_micros')).toBe(before);
    const answer = await app.request('GET', '/metrics');
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(
      /ringfence_script_replies_total\{script="\w+",status="(redis_un|rec)/,
    );
  });
});
