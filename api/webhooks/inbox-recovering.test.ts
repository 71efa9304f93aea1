/** Events that arrive while the gate is closed are taken in, and applied after it: in order, once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRecoverySource } from '../../persistence/index.ts';
import { sendVapi, vapiMessage } from './test/messages.ts';
import { type Stage, stage } from './test/stage.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
});
afterAll(() => on.app.stop());

/** Closes the gate and keeps it closed until the answer is called: somebody else recovers. */
async function closedGate(): Promise<() => Promise<void>> {
  const { engine, stores, chainKey } = on.app.core;
  const recovery = createRecoverySource(stores.ledger, chainKey, stores.openLock);
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let locked: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve) => {
    locked = recovery.exclusively(async () => {
      resolve();
      await released;
    });
  });
  await on.app.kill9Redis();
  await on.app.restartRedis();
  await expect.poll(() => engine.status().gate).toBe('recovering');
  return async () => {
    release();
    await locked;
    await engine.opened();
  };
}

test('answered 2xx while recovering, applied afterwards in order and once', async () => {
  const told = await on.story();
  await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
  const open = await closedGate();
  try {
    expect((await on.app.request('GET', '/readyz')).status).toBe(503);
    const early = { ...told, durationMs: 100_000 };
    // The report comes before the status that it follows, and both come twice.
    const messages = [
      vapiMessage('status-update.in-progress', told),
      vapiMessage('end-of-call-report.completed', told),
      vapiMessage('status-update.ended', early),
    ];
    for (const message of [...messages, ...messages]) {
      const answer = await sendVapi(on.app, message);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ received: true, applied: false, reason: 'stored' });
    }
    expect((await on.app.core.directory.inbox.pending()).count).toBe(messages.length);
  } finally {
    await open();
  }
  const pending = async () => (await on.app.core.directory.inbox.pending()).count;
  await expect.poll(pending, { timeout: 60_000 }).toBe(0);
  await on.expectCharged(told, told.providerCallId);
});
