/**
 * What is told of money by card is written with what it tells: whoever dies, and wherever, leaves both
 * or neither.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { receive, startPaymentResume } from '../../payments/index.ts';
import { cardPayments, reconcileStripe } from '../compose/payments.ts';
import { organization, wallet } from '../test/tenants.ts';
import { SECRETS, type StripeStage, stripeStage } from '../webhooks/test/stripe-stage.ts';

let stage: StripeStage;
let walletId: string;
beforeAll(async () => {
  stage = await stripeStage();
  walletId = await wallet(stage.app, await organization(stage.app, 'Acme'));
});
afterAll(() => stage.stop());

const sql = () => stage.app.core.stores.directory;

async function told(about: string): Promise<string[]> {
  const rows = await sql()<{ type: string }[]>`
    select type from outbox where data::text like ${`%${about}%`}
      and (type like 'top_up.%' or type = 'payment.refused') order by position`;
  return rows.map(({ type }) => type);
}

async function stateOf(id: string) {
  return (await stage.app.request('GET', `/v1/top_ups/${id}`)).body.state;
}

async function paidEvent(intent: string) {
  const events = await stage.events(intent);
  const event = events.find(({ type }) => type === 'payment_intent.succeeded');
  if (event === undefined) throw new Error('no event');
  return event;
}

/** Postgres refuses what is to be told while `work` runs. */
async function unheard(work: () => Promise<void>): Promise<void> {
  await sql()`
    create function unheard() returns trigger language plpgsql
    as $$ begin raise exception 'not today'; end $$`;
  await sql()`
    create trigger unheard before insert on outbox for each row
    when (new.type like 'top_up.%' or new.type = 'payment.refused') execute function unheard()`;
  try {
    await work();
  } finally {
    await sql()`drop function unheard() cascade`;
  }
}

test('a state whose event cannot be written is not there, and is taken up with it', async () => {
  const { id, intent } = await stage.paid(walletId);
  await unheard(async () => {
    expect((await stage.deliver(await paidEvent(intent))).status).toBe(500);
    expect(await stateOf(id)).toBe('pending');
    expect(await told(id)).toEqual([]);
  });
  const resuming = startPaymentResume(cardPayments(stage.app.core).context, 0, 50);
  await expect.poll(() => stateOf(id), { timeout: 60_000 }).toBe('succeeded');
  await resuming.stop();
  await stage.deliver(await paidEvent(intent));
  expect(await told(id)).toEqual(['top_up.succeeded']);
  expect(await stage.posted(walletId)).toBe(25_000_000);
});

test('a process that dies once the state is set has told of it', async () => {
  const { id, intent } = await stage.paid(walletId);
  const payload = JSON.stringify(await paidEvent(intent));
  const header = stage.stripe.webhooks.generateTestHeaderString({ payload, secret: SECRETS[0] });
  const { context } = cardPayments(stage.app.core);
  const dying = {
    ...context,
    announce() {
      throw new Error('killed');
    },
  };
  const killed = receive(dying, Buffer.from(payload), header, SECRETS);
  await expect(killed).rejects.toThrow('killed');
  expect([await stateOf(id), await told(id)]).toEqual(['succeeded', ['top_up.succeeded']]);
});

test('a payment that is refused is told of once, with the row that says why', async () => {
  const { intent } = await stage.paid(walletId);
  const event = await paidEvent(intent);
  const object = { ...event.data.object, amount_received: 2_400 };
  const wrong = { ...event, data: { object } };
  const { payments } = stage.app.core.directory;
  await unheard(async () => {
    expect((await stage.deliver(wrong)).status).toBe(500);
    expect((await payments.find(intent))?.refused ?? null).toBeNull();
  });
  for (let n = 0; n < 3; n++) await stage.deliver(wrong);
  expect((await payments.find(intent))?.refused).toBe('wrong_amount');
  expect(await told(intent)).toEqual(['payment.refused']);
});

test('a page that expired, an order that never reached Stripe, a debit that failed: each once', async () => {
  const expired = await stage.order(walletId);
  await stage.stripe.checkout.sessions.expire(String(expired.checkout_session_id));
  const debit = await stage.order(walletId);
  await stage.visit(debit, 'pay_later');
  const session = await stage.stripe.checkout.sessions.retrieve(String(debit.checkout_session_id));
  const settlement = { payment_intent: session.payment_intent, succeeded: false };
  await stage.control('settlements', settlement);
  const unasked = await stage.order(walletId);
  await sql()`
    update top_ups set state = 'created', checkout_session_id = null,
      created_at = now() - interval '25 hours' where id = ${String(unasked.id)}`;
  const since = new Date(Date.now() - 60_000);
  for (let n = 0; n < 2; n++) await reconcileStripe(stage.app.core, since);
  expect(await told(String(expired.id))).toEqual(['top_up.expired']);
  expect(await told(String(debit.id))).toEqual(['top_up.failed']);
  expect(await told(String(unasked.id))).toEqual(['top_up.expired']);
});
