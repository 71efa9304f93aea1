/** From a mutation to a mailbox, through the whole process and a real SMTP server. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type MailServer, mailServer } from '../../testing/mail-server.ts';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

let app: TestApplication;
let server: MailServer;
let organizationId: string;
beforeAll(async () => {
  server = await mailServer();
  app = await testApplication({
    RINGFENCE_SMTP_URL: server.url,
    RINGFENCE_EMAIL_FROM: 'Ringfence <alerts@example.com>',
    RINGFENCE_EMAILS_PER_HOUR: '3',
  });
});
beforeEach(async () => {
  server.mails.length = 0;
  organizationId = await organization(app, 'Acme & Söhne');
});
afterAll(async () => {
  await app.stop();
  await server.stop();
});

async function send(path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await app.request('POST', path, { body });
  if (answer.status >= 300) throw new Error(answer.text);
  return answer.body;
}

const recipient = (fields: Record<string, unknown> = {}) =>
  send('/v1/email_recipients', {
    organization_id: organizationId,
    email: 'billing@example.com',
    ...fields,
  });
const move = (walletId: string, amount: number) =>
  amount > 0
    ? send(`/v1/wallets/${walletId}/credits`, { kind: 'bonus', amount_micros: amount })
    : send(`/v1/wallets/${walletId}/charges`, { amount_micros: -amount });
const mailed = (count: number) =>
  vi.waitUntil(() => server.mails.length >= count, { timeout: 10_000 });

/** Lines of a message that is sent as it is written. */
const linesOf = (text: string) => text.replaceAll('\r\n', '\n').split('\n');

async function deliveries(id: unknown): Promise<{ state: string; error: string | null }[]> {
  return await app.core.stores.directory<{ state: string; error: string | null }[]>`
    select state, last_error as error from notification_deliveries
    where endpoint_id = ${String(id)} order by position`;
}

describe('a recipient', () => {
  test('is told of a level in plain text, with what it is about', async () => {
    const made = await recipient();
    expect(made).toMatchObject({ email: 'billing@example.com', status: 'enabled' });
    const walletId = await wallet(app, organizationId, 20_000_000, {
      name: 'Voice',
      low_balance_threshold_micros: 5_000_000,
    });
    await move(walletId, -15_800_000);
    await mailed(1);
    const [mail] = server.mails;
    expect(mail?.to).toEqual(['billing@example.com']);
    const lines = linesOf(mail?.text ?? '');
    expect(lines).toEqual(
      expect.arrayContaining([
        'From: Ringfence <alerts@example.com>',
        'To: billing@example.com',
        'Subject: Low balance: Voice',
        'Auto-Submitted: auto-generated',
        'Spendable fell to the low balance threshold or under it.',
      ]),
    );
    expect(mail?.text).toMatch(/Wallet: +Voice/);
    expect(mail?.text).toMatch(/Available: +4\.20 usd/);
    expect(mail?.text).toMatch(/Low balance threshold: +5\.00 usd/);
    expect(mail?.text).toMatch(/Message-ID:\s+<evt_[0-9a-z]+\.eml_[0-9a-z]+@example\.com>/i);
  });

  test('gets so many in an hour; the next one says how many were left out', async () => {
    const { id } = await recipient({ events: ['wallet.depleted'] });
    const walletId = await wallet(app, organizationId, 10);
    for (let round = 0; round < 5; round += 1) {
      await move(walletId, -10);
      await move(walletId, 10);
    }
    await vi.waitUntil(async () => {
      const all = await deliveries(id);
      return all.length === 5 && all.every(({ state }) => state !== 'pending');
    }, 10_000);
    const dropped = { state: 'dropped', error: 'more than 3 messages in an hour' };
    expect((await deliveries(id)).slice(3)).toEqual([dropped, dropped]);
    expect(server.mails).toHaveLength(3);
    await app.core.stores.directory`
      update notification_deliveries set delivered_at = delivered_at - interval '2 hours'
      where endpoint_id = ${String(id)}`;
    await move(walletId, -10);
    await mailed(4);
    expect(server.mails[3]?.text).toContain('2 more messages were left out');
  });

  test('that its server refuses for good is not tried again; a passing refusal is', async () => {
    const { id } = await recipient({ events: ['wallet.depleted'] });
    server.refuse(550);
    await move(await wallet(app, organizationId, 10), -10);
    await vi.waitUntil(async () => (await deliveries(id))[0]?.state === 'failed', 10_000);
    expect(await deliveries(id)).toEqual([{ state: 'failed', error: 'SMTP 550' }]);
    server.refuse(450);
    await move(await wallet(app, organizationId, 10), -10);
    await vi.waitUntil(async () => (await deliveries(id))[1]?.error === 'SMTP 450', 10_000);
    expect((await deliveries(id))[1]?.state).toBe('pending');
    server.refuse(undefined);
    await mailed(1);
  });

  test.each([['nobody'], ['a@b@c'], ['a@example.com\r\nBcc: all@example.com'], ['']])(
    'at %j is refused',
    async (email) => {
      const body = { organization_id: organizationId, email };
      const answer = await app.request('POST', '/v1/email_recipients', { body });
      expect(answer.status).toBe(400);
    },
  );

  test('is removed with what was on its way', async () => {
    const { id } = await recipient();
    await app.request('DELETE', `/v1/email_recipients/${String(id)}`);
    const list = await app.request('GET', `/v1/email_recipients?organization_id=${organizationId}`);
    expect(list.body.data).toEqual([]);
  });
});
