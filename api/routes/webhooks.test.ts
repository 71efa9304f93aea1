/** One call told twice, in every order and all at once is held once and charged once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  retellInbound,
  retellMessage,
  sendRetell,
  sendVapi,
  vapiMessage,
} from '../webhooks/test/messages.ts';
import { type Stage, stage } from '../webhooks/test/stage.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
});
afterAll(() => on.app.stop());

function orders<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first) =>
    orders(items.filter((item) => item !== first)).map((rest) => [first, ...rest]),
  );
}

describe('one call, each message twice and in every order', () => {
  const vapi = [
    'assistant-request.inbound',
    'status-update.in-progress',
    'end-of-call-report.completed',
  ];
  test.each(orders(vapi).map((order) => [order]))('Vapi: %j', async (order) => {
    const told = await on.story();
    for (const name of order) {
      for (let time = 0; time < 2; time++) {
        const answer = await sendVapi(on.app, vapiMessage(name, told));
        expect(answer.status, answer.text).toBe(200);
      }
    }
    await on.expectCharged(told, told.providerCallId);
  });

  const retell = ['call_started', 'call_ended.user_hangup', 'call_analyzed'];
  test.each(orders(retell).map((order) => [order]))('Retell: %j', async (order) => {
    const told = await on.story();
    const inbound = retellInbound({ call_id: told.providerCallId, to_number: `+1${Date.now()}` });
    await on.app.request('POST', '/v1/calls', {
      body: {
        call_id: told.providerCallId,
        organization_id: told.organizationId,
        provider: 'retell',
        provider_call_id: told.providerCallId,
      },
    });
    await sendRetell(on.app, inbound);
    for (const name of order) {
      for (let time = 0; time < 2; time++) {
        const answer = await sendRetell(on.app, retellMessage(name, told));
        expect(answer.status, answer.text).toBe(200);
      }
    }
    await on.expectCharged(told, told.providerCallId);
  });

  test('all at once', async () => {
    const told = await on.story();
    const names = [...vapi, ...vapi, ...vapi];
    const answers = await Promise.all(
      names.map((name) => sendVapi(on.app, vapiMessage(name, told))),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    await on.expectCharged(told, told.providerCallId);
  });
});
