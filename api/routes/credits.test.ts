import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { organization, wallet } from '../test/tenants.ts';

let app: TestApplication;
let organizationId: string;
beforeAll(async () => {
  app = await testApplication();
  organizationId = await organization(app, 'Acme');
});
afterAll(() => app.stop());

const credit = (walletId: string, body: unknown, idempotencyKey?: string) =>
  app.request('POST', `/v1/wallets/${walletId}/credits`, {
    body,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });

async function sequenceOf(walletId: string) {
  const { body } = await app.request('GET', `/v1/wallets/${walletId}`);
  return body.sequence;
}

describe('POST /v1/wallets/{id}/credits', () => {
  test('a deposit answers its entry and the wallet at it, and is in the ledger then', async () => {
    const walletId = await wallet(app, organizationId);
    const answer = await credit(walletId, {
      kind: 'deposit',
      amount_micros: 25_000_000,
      reference: 'invoice 1',
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      entry: {
        wallet_id: walletId,
        sequence: 1,
        kind: 'deposit',
        amount_micros: 25_000_000,
        posted_after_micros: 25_000_000,
        reference: 'invoice 1',
      },
      wallet: {
        id: walletId,
        posted_micros: 25_000_000,
        held_micros: 0,
        available_micros: 25_000_000,
        sequence: 1,
      },
    });
    expect(answer.body.entry).not.toHaveProperty('hash');
    const after = await app.request('GET', `/v1/wallets/${walletId}`);
    expect(after.body).toMatchObject({ sequence: 1, ledger_sequence: 1 });
  });

  test('the same key gives the same answer once; another body is a conflict', async () => {
    const walletId = await wallet(app, organizationId);
    const body = { kind: 'deposit', amount_micros: 5, reference: 'r' };
    const first = await credit(walletId, body, 'once');
    const again = await credit(
      walletId,
      { reference: 'r', amount_micros: 5, kind: 'deposit' },
      'once',
    );
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.text).toBe(first.text);
    const other = await credit(walletId, { ...body, amount_micros: 6 }, 'once');
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({ error: { code: 'idempotency_conflict' } });
    expect(await sequenceOf(walletId)).toBe(1);
  });

  test.each([
    [{ kind: 'deposit', amount_micros: 0 }, 'amount_micros'],
    [{ kind: 'deposit', amount_micros: -1 }, 'amount_micros'],
    [{ kind: 'bonus', amount_micros: 1.5 }, 'amount_micros'],
    [{ kind: 'deposit', amount_micros: '5' }, 'amount_micros'],
    [{ kind: 'deposit', amount_micros: 1e21 }, 'amount_micros'],
    [{ kind: 'deposit', amount_micros: null }, 'amount_micros'],
    [{ kind: 'deposit' }, 'amount_micros'],
    [{ kind: 'gift', amount_micros: 1 }, 'kind'],
    [{ kind: 'refund', amount_micros: 1 }, 'refunds'],
    [{ kind: 'deposit', amount_micros: 1, refunds: 'ent_1' }, 'refunds'],
    [{ kind: 'deposit', amount_micros: 1, amount: 1 }, 'amount'],
    [{ kind: 'deposit', amount_micros: 1, wait_for: 'redis' }, 'wait_for'],
    [{ kind: 'deposit', amount_micros: 1, reference: 'a\nb' }, 'reference'],
  ])('%j is refused, naming %s, and nothing is written', async (body, param) => {
    const walletId = await wallet(app, organizationId);
    const answer = await credit(walletId, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      error: { type: 'request', code: 'invalid_request', param },
    });
    expect(await sequenceOf(walletId)).toBe(0);
  });

  test.each([
    '9007199254740992',
    '9007199254740993',
    '1.00000000000000000001',
    '-0.0000000000000000000000000001',
    'NaN',
    'Infinity',
    '01',
  ])('the number %s is refused as it was written', async (literal) => {
    const walletId = await wallet(app, organizationId);
    const answer = await app.request('POST', `/v1/wallets/${walletId}/credits`, {
      raw: `{"kind":"adjustment","amount_micros":${literal}}`,
    });
    expect(answer.status).toBe(400);
    expect(await sequenceOf(walletId)).toBe(0);
  });

  test('2^53-1 fits, and one more does not', async () => {
    const walletId = await wallet(app, organizationId);
    const most = await credit(walletId, { kind: 'deposit', amount_micros: 9_007_199_254_740_991 });
    expect(most.status).toBe(201);
    const over = await credit(walletId, { kind: 'deposit', amount_micros: 1 });
    expect(over.status).toBe(422);
    expect(over.body).toMatchObject({ error: { code: 'balance_out_of_range' } });
  });

  test('an adjustment may be negative, and take the wallet under zero', async () => {
    const walletId = await wallet(app, organizationId);
    const answer = await credit(walletId, { kind: 'adjustment', amount_micros: -7 });
    expect(answer.body).toMatchObject({ wallet: { posted_micros: -7 } });
  });

  test('100 refunds of one charge at once never give back more than it', async () => {
    const walletId = await wallet(app, organizationId, 1_000_000);
    const charged = await app.request('POST', `/v1/wallets/${walletId}/charges`, {
      body: { amount_micros: 1000, wait_for: 'ledger' },
    });
    const { id } = charged.body.entry as { id: string };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        credit(walletId, { kind: 'refund', amount_micros: 30, refunds: id }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(33);
    const refused = answers.filter((answer) => answer.status !== 201);
    for (const { status, body } of refused) {
      expect(status).toBe(409);
      expect(body).toMatchObject({
        error: { code: 'refund_exceeds_charge', details: { refundable_micros: 10 } },
      });
    }
  });
});
