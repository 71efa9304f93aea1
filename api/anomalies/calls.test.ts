/** A call is held and charged once, whichever request of it to Redis or Postgres fails. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVERY_ANOMALY } from '../../testing/services.ts';
import { RETELL_KEY, VAPI_SECRET } from '../webhooks/test/messages.ts';
import { TWILIO_ENV } from '../webhooks/test/twilio.ts';
import { expectVerified, priced } from './test/accounts.ts';
import { ownCall, retellCall, twilioCall, vapiCall } from './test/calls.ts';
import { type HurtStage, hurtStage, STORES, TRY_ALL_MS, tryInTurn } from './test/hurt.ts';

let stage: HurtStage;
beforeAll(async () => {
  stage = await hurtStage({
    ...TWILIO_ENV,
    VAPI_WEBHOOK_SECRET: VAPI_SECRET,
    RETELL_API_KEY: RETELL_KEY,
  });
  await priced(stage);
}, 180_000);
afterAll(() => stage.stop());

const CALLS = [
  ['authorize, start, check and end', ownCall],
  ["authorize and Vapi's webhooks", vapiCall],
  ["authorize and Retell's webhooks", retellCall],
  ["authorize and Twilio's callbacks", twilioCall],
] as const;

describe.each(STORES)('%s fails at the requests of', (store) => {
  test.each(EVERY_ANOMALY ? CALLS : CALLS.slice(0, 2))(
    '%s: held once, charged once, never told to end',
    async (_, call) => {
      const failed = await tryInTurn(stage, store, () => call(stage));
      expect(Math.max(...failed)).toBeGreaterThan(0);
    },
    TRY_ALL_MS,
  );
});

test('afterwards Redis, ledger and snapshots agree', () => expectVerified(stage));
