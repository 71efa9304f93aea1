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
  vi.waitUntil(() => server.mails.length >= count, { timeout: 60_000 });

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
    }, 60_000);
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
    await vi.waitUntil(async () => (await deliveries(id))[0]?.state === 'failed', 60_000);
    expect(await deliveries(id)).toEqual([{ state: 'failed', error: 'SMTP 550' }]);
    server.refuse(450);
    await move(await wallet(app, organizationId, 10), -10);
    await vi.waitUntil(async () => (await deliveries(id))[1]?.error === 'SMTP 450', 60_000);
    expect((await deliveries(id))[1]?.state).toBe('pending');
    server.refuse(undefined);
    await mailed(1);
  });

  test('gets a letter once, however much its server has to say about it', async () => {
    const { id } = await recipient({ events: ['wallet.depleted'] });
    server.says('x'.repeat(480).concat(' '.repeat(20)).repeat(5));
    await move(await wallet(app, organizationId, 10), -10);
    await vi.waitUntil(async () => (await deliveries(id))[0]?.state === 'delivered', 60_000);
    server.says('OK');
    expect(server.mails).toHaveLength(1);
  });

  test('waits in the database, not in hand, while the mail server is slow', async () => {
    const ids = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        const fields = { email: `billing${n}@example.com`, events: ['wallet.depleted'] };
        return String((await recipient(fields)).id);
      }),
    );
    let go: () => void = () => undefined;
    server.hold(
      new Promise((resolve) => {
        go = resolve;
      }),
    );
    await move(await wallet(app, organizationId, 10), -10);
    const claimed = async () => {
      const rows = await app.core.stores.directory`
        select 1 from notification_deliveries
        where endpoint_id = any(${ids}::text[]) and claimed_by is not null`;
      return rows.length;
    };
    await expect.poll(claimed, { timeout: 60_000 }).toBeGreaterThan(0);
    await expect.poll(claimed, { timeout: 60_000 }).toBe(8);
    go();
    await vi.waitUntil(() => server.mails.length >= 12, 60_000);
    expect(new Set(server.mails.map(({ to }) => to[0])).size).toBe(12);
  });

  test('gets no more than that of many that are sent at once', async () => {
    const { id } = await recipient({ events: ['wallet.depleted'] });
    const wallets = await Promise.all(
      Array.from({ length: 12 }, () => wallet(app, organizationId, 10)),
    );
    let free: () => void = () => undefined;
    server.hold(
      new Promise((resolve) => {
        free = resolve;
      }),
    );
    await Promise.all(wallets.map((walletId) => move(walletId, -10)));
    const inHand = async () => {
      const rows = await app.core.stores.directory`
        select 1 from notification_deliveries
        where endpoint_id = ${String(id)} and claimed_until is not null`;
      return rows.length;
    };
    await expect.poll(inHand, { timeout: 60_000 }).toBeGreaterThanOrEqual(3);
    free();
    await vi.waitUntil(async () => {
      const all = await deliveries(id);
      return all.length === 12 && all.every(({ state }) => state !== 'pending');
    }, 60_000);
    expect(server.mails).toHaveLength(3);
  }, 180_000);

  test('does not lose letters because the server refuses us', async () => {
    const { id } = await recipient({ events: ['wallet.depleted'] });
    server.refuse(550, 'senders');
    await move(await wallet(app, organizationId, 10), -10);
    const error = 'the mail server cannot be used (EENVELOPE 550)';
    await expect
      .poll(() => deliveries(id), { timeout: 60_000 })
      .toEqual([{ state: 'pending', error }]);
    server.refuse(undefined, 'senders');
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
