/** The inbound gate, and whose call a message is about. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECOND } from '../webhooks/test/calls-desk.ts';
import {
  retellInbound,
  retellMessage,
  type Story,
  sendRetell,
  sendVapi,
  vapiMessage,
} from '../webhooks/test/messages.ts';
import { type Stage, stage, TALK_MICROS } from '../webhooks/test/stage.ts';

let on: Stage;
beforeAll(async () => {
  on = await stage();
});
afterAll(() => on.app.stop());

let numbers = 0;

describe('the inbound gate', () => {
  async function bind(provider: string, externalId: string, told: Story, metadata = {}) {
    const path = `/v1/provider_bindings/${provider}/phone_number/${encodeURIComponent(externalId)}`;
    const body = { organization_id: told.organizationId, metadata };
    expect((await on.app.request('PUT', path, { body })).status).toBe(200);
  }

  test('Vapi: lets the call in for as long as it can be paid', async () => {
    const told = await on.story();
    const answer = await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
    expect(answer.body).toEqual({
      assistantOverrides: {
        maxDurationSeconds: 1000,
        metadata: {
          ringfence: {
            organization_id: told.organizationId,
            call_id: told.providerCallId,
            hold_id: expect.stringMatching(/^hold_/),
          },
        },
      },
    });
  });

  test("Vapi: the number's binding says whose call it is and who answers", async () => {
    const told = await on.story();
    const message = vapiMessage('assistant-request.inbound', told);
    const number = `number-${told.providerCallId}`;
    const call = (message.message as Record<string, Record<string, unknown>>).call;
    Object.assign(call ?? {}, { phoneNumberId: number, assistantOverrides: undefined });
    const unknown = await sendVapi(on.app, message);
    expect(unknown.body).toEqual({ error: expect.stringContaining('cannot take your call') });
    await bind('vapi', number, told, { assistant_id: 'assistant-7' });
    const answer = await sendVapi(on.app, message);
    expect(answer.body).toMatchObject({
      assistantId: 'assistant-7',
      assistantOverrides: { maxDurationSeconds: 1000 },
    });
  });

  test('turns the call away when nobody can pay it, and holds nothing', async () => {
    const told = await on.story();
    await on.app.request('POST', `/v1/wallets/${told.walletId}/charges`, {
      body: { amount_micros: 950 * SECOND },
    });
    const vapi = await sendVapi(on.app, vapiMessage('assistant-request.inbound', told));
    expect(vapi.body).toEqual({ error: expect.stringContaining('out of credit') });
    const number = `+1415${numbers++}`;
    await bind('retell', number, told);
    const retell = await sendRetell(on.app, retellInbound({ to_number: number }));
    expect(retell.body).toEqual({ call_inbound: { reject: true } });
    expect(await on.get(`/v1/wallets/${told.walletId}`)).toMatchObject({ held_micros: 0 });
  });

  test('Retell: retries of an event without a call id meet one hold', async () => {
    const told = await on.story();
    const number = `+1415${numbers++}`;
    await bind('retell', number, told);
    const inbound = retellInbound({ to_number: number, call_id: undefined });
    const [first, second] = [await sendRetell(on.app, inbound), await sendRetell(on.app, inbound)];
    expect(second.text).toBe(first.text);
    const { metadata, agent_override } = first.body.call_inbound as Record<string, unknown>;
    expect(agent_override).toEqual({ agent: { max_call_duration_ms: 1_000_000 } });
    const callId = (metadata as Record<string, string>).ringfence_call_id ?? '';
    expect(callId).toMatch(/^inbound_/);
    expect(await on.get(`/v1/wallets/${told.walletId}`)).toMatchObject({ live_calls: 1 });
    // The call gets its own id later; the metadata leads back to the hold.
    const later = { ...told, callId };
    await sendRetell(on.app, retellMessage('call_started', later));
    await sendRetell(on.app, retellMessage('call_ended.user_hangup', later));
    await on.expectCharged(told, callId);
  });
});

describe('finding the call of a message', () => {
  test('a linked provider id comes before everything else', async () => {
    const told = await on.story();
    const call_id = `dialer-${numbers++}`;
    await on.app.request('POST', '/v1/calls', {
      body: { call_id, organization_id: told.organizationId, provider: 'vapi' },
    });
    await on.app.request('POST', `/v1/calls/${call_id}/link`, {
      body: { provider: 'vapi', provider_call_id: told.providerCallId },
    });
    const stranger = await on.story();
    const message = vapiMessage('end-of-call-report.completed', {
      ...stranger,
      providerCallId: told.providerCallId,
    });
    await sendVapi(on.app, message);
    await on.expectCharged(told, call_id);
    expect(await on.captures(stranger.walletId)).toEqual([]);
  });

  test('the hold id of the metadata counts for its own organization only', async () => {
    const told = await on.story();
    const stranger = await on.story();
    const call_id = `dialer-${numbers++}`;
    const { body } = await on.app.request('POST', '/v1/calls', {
      body: { call_id, organization_id: told.organizationId },
    });
    const named = (owner: Story) => {
      const message = vapiMessage('end-of-call-report.completed', owner);
      const call = (message.message as Record<string, Record<string, unknown>>).call ?? {};
      const ringfence = { organization_id: owner.organizationId, hold_id: body.hold_id };
      call.assistantOverrides = { metadata: { ringfence } };
      return message;
    };
    await sendVapi(on.app, named(stranger));
    expect(await on.get(`/v1/wallets/${told.walletId}`)).toMatchObject({ live_calls: 1 });
    expect(await on.captures(stranger.walletId)).toEqual([-TALK_MICROS]);
    await sendVapi(on.app, named(told));
    await on.expectCharged(told, call_id);
  });

  test('a call of nobody is 404 and writes nothing', async () => {
    const told = await on.story({ organizationId: 'org_nobody' });
    for (const name of ['status-update.in-progress', 'end-of-call-report.completed']) {
      const answer = await sendVapi(on.app, vapiMessage(name, told));
      expect(answer.status).toBe(404);
      expect(answer.body.error).toMatchObject({ code: 'call_not_found' });
    }
    expect((await on.get('/v1/calls?limit=100')).data).not.toContainEqual(
      expect.objectContaining({ call_id: told.providerCallId }),
    );
  });
});
