import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApplication, testApplication } from '../test/application.ts';
import { type Tenants, tenants, wallet } from '../test/tenants.ts';
import { createSaga, type SagaDoors } from '../transfers/saga.ts';
import { intentOf, sagaDoors, walletElsewhere } from '../transfers/test/stage.ts';

let app: TestApplication;
let all: Tenants;
beforeAll(async () => {
  app = await testApplication();
  all = await tenants(app);
});
afterAll(() => app.stop());

const transfer = (from: string, to: string, amountMicros: number, call = {}) =>
  app.request('POST', '/v1/transfers', {
    body: { from_wallet_id: from, to_wallet_id: to, amount_micros: amountMicros },
    ...call,
  });

async function posted(...ids: string[]) {
  const answers = await Promise.all(ids.map((id) => app.request('GET', `/v1/wallets/${id}`)));
  return answers.map((answer) => answer.body.posted_micros);
}

describe('inside a partition', () => {
  test('moves both wallets in one step, and a replay says the same', async () => {
    const from = await wallet(app, all.agency.organizationId, 100);
    const to = await wallet(app, all.client.organizationId);
    const call = { key: all.agency.keys.agency, idempotencyKey: 'month 1' };
    const first = await transfer(from, to, 30, call);
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ state: 'completed', amount_micros: 30 });
    const again = await transfer(from, to, 30, call);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await posted(from, to)).toEqual([70, 30]);
  });

  test('an agency cannot send to a stranger, nor from its client', async () => {
    const key = all.agency.keys.agency;
    const away = await transfer(all.agency.walletId, all.other.walletId, 1, { key });
    expect(away.status).toBe(404);
    const back = await transfer(all.client.walletId, all.agency.walletId, 1, { key });
    expect(back.status).toBe(403);
  });

  test('too little money is a refusal that moves nothing', async () => {
    const from = await wallet(app, all.agency.organizationId, 5);
    const to = await wallet(app, all.client.organizationId);
    const refused = await transfer(from, to, 6);
    expect(refused.status).toBe(402);
    expect(refused.body).toMatchObject({ error: { details: { wallet_id: from } } });
    expect(await posted(from, to)).toEqual([5, 0]);
  });

  test('two currencies, or one wallet twice, are refused', async () => {
    const euros = await wallet(app, all.agency.organizationId, 0, { currency: 'eur' });
    const mixed = await transfer(all.agency.walletId, euros, 1);
    expect(mixed.body).toMatchObject({ error: { code: 'currency_mismatch' } });
    const self = await transfer(all.agency.walletId, all.agency.walletId, 1);
    expect(self.body).toMatchObject({ error: { param: 'to_wallet_id' } });
  });
});

describe('across partitions', () => {
  test('completes, once however often it is asked for', async () => {
    const from = await wallet(app, all.other.organizationId, 100);
    const to = await walletElsewhere(app, from);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => transfer(from, to, 30, { idempotencyKey: 'across' })),
    );
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    for (const { status, body } of answers) {
      expect(status).toBe(201);
      expect(body.state).toBe('completed');
    }
    expect(await posted(from, to)).toEqual([70, 30]);
    const other = await transfer(from, to, 31, { idempotencyKey: 'across' });
    expect(other.body).toMatchObject({ error: { code: 'idempotency_conflict' } });
  });

  test('one key is one transfer, inside a partition or across', async () => {
    const from = await wallet(app, all.other.organizationId, 100);
    const near = await wallet(app, all.other.organizationId);
    const far = await walletElsewhere(app, from);
    const conflict = { status: 409, body: { error: { code: 'idempotency_conflict' } } };
    for (const [key, first, second] of [
      ['near first', near, far],
      ['far first', far, near],
    ] as const) {
      const call = { idempotencyKey: key };
      expect((await transfer(from, first, 10, call)).status).toBe(201);
      expect(await transfer(from, second, 10, call)).toMatchObject(conflict);
      expect(await transfer(from, second, 10, call)).toMatchObject(conflict);
      expect((await transfer(from, first, 10, call)).status).toBe(201);
    }
    expect(await posted(from, near, far)).toEqual([80, 10, 10]);
  });

  test('a refused debit is refused again under its key and moves nothing', async () => {
    const from = await wallet(app, all.other.organizationId, 5);
    const to = await walletElsewhere(app, from);
    for (let i = 0; i < 2; i++) {
      const refused = await transfer(from, to, 6, { idempotencyKey: 'too much across' });
      expect(refused.status).toBe(402);
      expect(refused.body).toMatchObject({
        error: { code: 'insufficient_funds', details: { wallet_id: from, required_micros: 6 } },
      });
    }
    expect(await posted(from, to)).toEqual([5, 0]);
  });

  test('a credit that cannot be made gives the money back', async () => {
    const from = await wallet(app, all.other.organizationId, 10);
    const to = await walletElsewhere(app, from);
    await app.request('POST', `/v1/wallets/${to}/credits`, {
      body: { kind: 'bonus', amount_micros: Number.MAX_SAFE_INTEGER },
    });
    const answer = await transfer(from, to, 10);
    expect(answer.status).toBe(201);
    expect(answer.body.state).toBe('reversed');
    expect(await posted(from, to)).toEqual([10, Number.MAX_SAFE_INTEGER]);
  });

  test.each(['charge', 'credit', 'advance debited', 'advance completed'])(
    'a process that dies at %s leaves a transfer that another one finishes, once',
    async (where) => {
      const from = await wallet(app, all.other.organizationId, 100);
      const to = await walletElsewhere(app, from);
      const intent = await intentOf(app, from, to, 30);
      await expect(createSaga(dyingDoors(where))(intent)).rejects.toThrow('died');
      const left = await app.core.directory.transfers.get(intent.id);
      if (left === undefined) throw new Error('the intent is gone');
      const [one, two] = await Promise.all([
        createSaga(sagaDoors(app))(left),
        createSaga(sagaDoors(app))(left),
      ]);
      expect([one.state, two.state]).toEqual(['completed', 'completed']);
      expect(await posted(from, to)).toEqual([70, 30]);
    },
  );
});

/** The real doors, that kill the process right after the named step took effect. */
function dyingDoors(where: string): SagaDoors {
  const real = sagaDoors(app);
  const died = () => {
    throw new Error('died');
  };
  const { transfers } = real.directory;
  const advance: typeof transfers.advance = async (id, from, to, refusal) => {
    const moved = await transfers.advance(id, from, to, refusal);
    return where === `advance ${to}` ? died() : moved;
  };
  return {
    ...real,
    engine: {
      ...real.engine,
      charge: async (input) => {
        const outcome = await real.engine.charge(input);
        return where === 'charge' ? died() : outcome;
      },
      credit: async (input) => {
        const outcome = await real.engine.credit(input);
        return where === 'credit' ? died() : outcome;
      },
    },
    directory: {
      ...real.directory,
      transfers: Object.assign(Object.create(transfers), {
        advance,
        isDebited: (id: string) => transfers.isDebited(id),
      }),
    },
  };
}
