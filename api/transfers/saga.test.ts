/** Two processes on one transfer, that see different things. */
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keys } from '../../engine/index.ts';
import type { Transfer } from '../../persistence/index.ts';
import { type TestApplication, testApplication } from '../test/application.ts';
import { type TestProcess, testProcess } from '../test/process.ts';
import { organization, wallet } from '../test/tenants.ts';
import { startTransferResume } from './resume.ts';
import { createSaga, type SagaDoors } from './saga.ts';
import { intentOf, sagaDoors, walletElsewhere } from './test/stage.ts';

let app: TestApplication;
let flusher: TestProcess;
beforeAll(async () => {
  // Nothing that works by itself but a flusher: what is left behind stays so until a test takes it up.
  app = await testApplication({}, undefined, { background: false });
  const { REDIS_URL, DATABASE_URL } = app.core.config;
  flusher = await testProcess({ REDIS_URL, DATABASE_URL, RINGFENCE_ROLE: 'flusher' });
});
afterAll(async () => {
  await flusher.stop();
  await app.stop();
});

async function pair(depositMicros: number) {
  const from = await wallet(app, await organization(app, 'From'), depositMicros);
  return { from, to: await walletElsewhere(app, from) };
}

async function posted(...ids: string[]) {
  const answers = await Promise.all(ids.map((id) => app.request('GET', `/v1/wallets/${id}`)));
  return answers.map((answer) => answer.body.posted_micros);
}

const bonus = (walletId: string, amountMicros: number) =>
  app.request('POST', `/v1/wallets/${walletId}/credits`, {
    body: { kind: 'bonus', amount_micros: amountMicros },
  });

/** What a process does that is slow: `meanwhile` happens right before its charge. */
function slowCharge(meanwhile: () => Promise<unknown>): SagaDoors {
  const doors = sagaDoors(app);
  return {
    ...doors,
    engine: {
      ...doors.engine,
      async charge(input) {
        await meanwhile();
        return doors.engine.charge(input);
      },
    },
  };
}

/** Redis has forgotten what the debit was told: it lost its last second, or three days have passed. */
async function forgetDebit({ requestKey, fromWalletId }: Transfer): Promise<void> {
  const payer = await app.core.directory.wallets.get(fromWalletId);
  if (payer === undefined) throw new Error('the payer is gone');
  const { partition, organizationId } = payer;
  const key = keys.request(partition, organizationId, 'request', requestKey);
  expect(await app.redis().del(key)).toBe(1);
}

test('a transfer whose debit Redis has forgotten is not debited again', async () => {
  const { from, to } = await pair(100);
  const intent = await intentOf(app, from, to, 30);
  const doors = sagaDoors(app);
  const dying: SagaDoors = {
    ...doors,
    async waitForLedger(mutation) {
      await doors.waitForLedger(mutation);
      throw new Error('died');
    },
  };
  await expect(createSaga(dying)(intent)).rejects.toThrow('died');
  await forgetDebit(intent);
  expect((await createSaga(doors)(intent)).state).toBe('completed');
  expect(await posted(from, to)).toEqual([70, 30]);
});

describe('Postgres comes back older than the intent', () => {
  const forgetIntents = () => app.core.stores.directory`DELETE FROM transfers`;

  test('the request repeated finds its money moved, and moves none again', async () => {
    const { from, to } = await pair(100);
    const body = { from_wallet_id: from, to_wallet_id: to, amount_micros: 30 };
    const post = () =>
      app.request('POST', '/v1/transfers', { body, idempotencyKey: `older ${from}` });
    const first = await post();
    expect(first.body).toMatchObject({ state: 'completed' });
    await forgetIntents();
    await expect.poll(async () => (await post()).body).toEqual(first.body);
    expect(await posted(from, to)).toEqual([70, 30]);
  });

  test('a transfer under way asks for patience, and is carried on by the request repeated', async () => {
    const { from, to } = await pair(100);
    const intent = await intentOf(app, from, to, 30);
    const doors = sagaDoors(app);
    const rewound: SagaDoors = {
      ...doors,
      async waitForLedger(mutation) {
        await doors.waitForLedger(mutation);
        await forgetIntents();
      },
    };
    const gone = { name: 'OutageError', code: 'recovering' };
    await expect(createSaga(rewound)(intent)).rejects.toMatchObject(gone);
    const { requestKey: key, fingerprint, organizationId, amountMicros } = intent;
    const { transfer } = await app.core.directory.transfers.create({
      ...{ organizationId, fromWalletId: from, toWalletId: to, amountMicros },
      request: { scope: organizationId, key, fingerprint },
    });
    expect((await createSaga(doors)(transfer)).state).toBe('completed');
    expect(await posted(from, to)).toEqual([70, 30]);
  });
});

describe('a transfer that another process refused', () => {
  test('and that is debited all the same gives the money back', async () => {
    const { from, to } = await pair(5);
    const intent = await intentOf(app, from, to, 30);
    const saga = createSaga(
      slowCharge(async () => {
        const refused = await createSaga(sagaDoors(app))(intent);
        expect(refused.state).toBe('refused');
        await forgetDebit(intent);
        await bonus(from, 95);
      }),
    );
    const ended = await saga(intent);
    expect(ended).toMatchObject({ state: 'reversed', refusal: { status: 'insufficient_funds' } });
    expect(await posted(from, to)).toEqual([100, 0]);
    const read = await app.request('GET', `/v1/transfers/${intent.id}`);
    expect(read.body).toMatchObject({ state: 'reversed', reason: 'insufficient_funds' });
  });

  test('is found in the ledger by the next process, if the debiting one died', async () => {
    const { from, to } = await pair(5);
    const intent = await intentOf(app, from, to, 30);
    const doors = slowCharge(async () => {
      await createSaga(sagaDoors(app))(intent);
      await forgetDebit(intent);
      await bonus(from, 95);
    });
    const dying: SagaDoors = {
      ...doors,
      async waitForLedger(mutation) {
        await doors.waitForLedger(mutation);
        throw new Error('died');
      },
    };
    await expect(createSaga(dying)(intent)).rejects.toThrow('died');
    expect(await posted(from, to)).toEqual([70, 0]);
    const { transfers } = app.core.directory;
    const saga = createSaga(sagaDoors(app));
    const resumes = [1, 2].map(() =>
      startTransferResume(transfers, saga, pino({ level: 'silent' })),
    );
    await expect
      .poll(async () => (await transfers.get(intent.id))?.state, { timeout: 60_000 })
      .toBe('reversed');
    await Promise.all(resumes.map((resume) => resume.stop()));
    expect(await posted(from, to)).toEqual([100, 0]);
  });

  test('and was never debited stays refused', async () => {
    const { from, to } = await pair(5);
    const intent = await intentOf(app, from, to, 30);
    expect((await createSaga(sagaDoors(app))(intent)).state).toBe('refused');
    await bonus(from, 95);
    const found = await app.core.directory.transfers.refusedYetDebited(100);
    expect(found.map(({ id }) => id)).not.toContain(intent.id);
    expect((await createSaga(sagaDoors(app))(intent)).state).toBe('refused');
    expect(await posted(from, to)).toEqual([100, 0]);
  });
});

describe('a credit that one process is refused and another could make', () => {
  const FULL = Number.MAX_SAFE_INTEGER;

  /** The target is full, so that its credit is refused; `empty` makes room. */
  async function fullTarget() {
    const { from, to } = await pair(100);
    await bonus(to, FULL);
    const empty = () =>
      app.request('POST', `/v1/wallets/${to}/charges`, { body: { amount_micros: FULL } });
    return { from, to, empty };
  }

  test('is called off for both: the money is given back and not paid as well', async () => {
    const { from, to, empty } = await fullTarget();
    const intent = await intentOf(app, from, to, 30);
    const doors = sagaDoors(app);
    const late: SagaDoors = {
      ...doors,
      engine: {
        ...doors.engine,
        async credit(input) {
          if (input.walletId === to) {
            expect((await createSaga(sagaDoors(app))(intent)).state).toBe('reversed');
            await empty();
          }
          return doors.engine.credit(input);
        },
      },
    };
    expect((await createSaga(late)(intent)).state).toBe('reversed');
    expect(await posted(from, to)).toEqual([100, 0]);
  });

  test('is made for both when the other one was first: nothing is given back', async () => {
    const { from, to, empty } = await fullTarget();
    const intent = await intentOf(app, from, to, 30);
    let debits = 0;
    // Its second charge is the calling off; the other process pays before it.
    const saga = createSaga(
      slowCharge(async () => {
        debits += 1;
        if (debits < 2) return;
        await empty();
        const current = await app.core.directory.transfers.get(intent.id);
        if (current === undefined) throw new Error('the intent is gone');
        expect((await createSaga(sagaDoors(app))(current)).state).toBe('completed');
      }),
    );
    expect((await saga(intent)).state).toBe('completed');
    expect(debits).toBe(2);
    expect(await posted(from, to)).toEqual([70, 30]);
  });
});
