/** What is dialled is placed once, what is found in a provider's list is charged once, whatever fails. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVERY_ANOMALY } from '../../testing/services.ts';
import { VAPI_SECRET } from '../webhooks/test/messages.ts';
import { VAPI_KEY, type VapiProcess, vapiProcess } from '../webhooks/test/vapi-process.ts';
import { USUAL_SCRIPT } from '../webhooks/test/vapi-stage.ts';
import { expectVerified, priced } from './test/accounts.ts';
import { type HurtStage, hurtStage, STORES, tryInTurn } from './test/hurt.ts';
import { dialledCall, endedCall, strayCall } from './test/provider-calls.ts';

/** Nobody listens there, and the simulator sends nothing either. */
const NOBODY = 'http://127.0.0.1:9';
const TRY_ALL_MS = EVERY_ANOMALY ? 1_800_000 : 900_000;

let vapi: VapiProcess;
let stage: HurtStage;
beforeAll(async () => {
  vapi = await vapiProcess(NOBODY, VAPI_SECRET);
  await vapi.setScript(USUAL_SCRIPT);
  await vapi.setFaults({ webhooks: { '*': { lost: 1 } } });
  stage = await hurtStage({
    VAPI_WEBHOOK_SECRET: VAPI_SECRET,
    VAPI_API_KEY: VAPI_KEY,
    VAPI_BASE_URL: vapi.url,
    RINGFENCE_DEV: '1',
    RINGFENCE_PUBLIC_URL: NOBODY,
    RINGFENCE_ALLOW_LOCAL_PROVIDERS: '1',
    // The passes of the test alone.
    RINGFENCE_RECONCILE_SECONDS: '86400',
  });
  await priced(stage);
}, 180_000);
afterAll(async () => {
  await stage.stop();
  await vapi.stop();
});

const FLOWS = STORES.flatMap((store) => [
  { store, flow: 'a pass that adopts a live call: held once, charged once', call: strayCall },
  { store, flow: 'a pass that finds the end of a call: charged once', call: endedCall },
  { store, flow: 'a dial: placed once at most, held and charged for that', call: dialledCall },
]);

describe('a store fails at the requests of', () => {
  test.each(EVERY_ANOMALY ? FLOWS : FLOWS.slice(0, 1))(
    '$flow ($store)',
    async ({ store, call }) => {
      const failed = await tryInTurn(stage, store, () => call(stage, vapi));
      expect(Math.max(...failed)).toBeGreaterThan(0);
    },
    TRY_ALL_MS,
  );
});

test('afterwards Redis, ledger and snapshots agree', () => expectVerified(stage));
