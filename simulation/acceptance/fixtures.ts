/**
 * Posts the providers' own messages to a running server: signed, each twice, in every wrong order.
 *
 *   npx tsx simulation/acceptance/fixtures.ts
 *
 * Whatever the order, one call leaves one hold and one capture of the right amount behind.
 */
import { fileURLToPath } from 'node:url';
import { type Claim, proveAll } from './claims.ts';
import type { Client } from './client.ts';
import { ordersOf } from './fixtures/orders.ts';
import { type Story, tell } from './fixtures/story.ts';
import { createRingfence, PATIENT } from './ringfence.ts';
import { price } from './tenants.ts';
import { verified } from './verify.ts';

/** By the second, so that 137.421 s cost 138 of them. */
const RATE = 60_000;
const TALKED_MICROS = 138 * (RATE / 60);

const VAPI = ['status-update.in-progress', 'status-update.ended', 'end-of-call-report.completed'];
const RETELL = ['call_started', 'call_ended.user_hangup', 'call_analyzed'];
/** What happens around a call and moves nothing. */
const VAPI_ASIDE = ['status-update.queued', 'status-update.ringing', 'conversation-update'];

const talked = { capturedMicros: TALKED_MICROS, state: 'captured' } as const;

function storiesOf(): [name: string, stories: Story[]][] {
  const vapi = { provider: 'vapi', ...talked } as const;
  const retell = { provider: 'retell', ...talked } as const;
  const told = (story: Omit<Story, 'messages'>, messages: readonly string[]) =>
    ordersOf(messages).map((order) => ({ ...story, messages: order }));
  return [
    ['Vapi inbound', told({ ...vapi, authorized: false }, ['assistant-request.inbound', ...VAPI])],
    ['Vapi outbound', told({ ...vapi, authorized: true }, VAPI)],
    ['Vapi nobody asked', told({ ...vapi, authorized: false }, VAPI)],
    ['Vapi with asides', [{ ...vapi, authorized: true, messages: [...VAPI_ASIDE, ...VAPI] }]],
    ['Retell inbound', told({ ...retell, authorized: false }, ['call_inbound', ...RETELL])],
    ['Retell outbound', told({ ...retell, authorized: true }, RETELL)],
    ['Retell nobody asked', told({ ...retell, authorized: false }, RETELL)],
    ['not answered', notAnswered()],
  ];
}

/** Ringing costs nothing. */
function notAnswered(): Story[] {
  const nothing = { capturedMicros: 0, authorized: true } as const;
  const report = 'end-of-call-report.no-answer';
  return [
    { ...nothing, provider: 'vapi', state: 'captured', messages: [report] },
    { ...nothing, provider: 'retell', state: 'captured', messages: ['call_ended.dial_no_answer'] },
  ];
}

function claimsOf(client: Client): Claim[] {
  return storiesOf().map(([name, stories]) => ({
    name: `${name}: ${stories.length} orders, each message three times: one end, right amount`,
    async prove() {
      await Promise.all(stories.map((story) => tell(client, story)));
      return `${stories.length} calls`;
    },
  }));
}

/** Answers how many claims failed. */
export async function fixtures(
  print: (line: string) => void,
  outside?: Readonly<Record<string, string>>,
): Promise<number> {
  const ringfence = await createRingfence({ ...PATIENT, ...outside });
  try {
    await ringfence.start();
    await price(ringfence.client, RATE);
    const verify = { name: 'verify finds 0 differences', prove: () => verified(ringfence) };
    return await proveAll([...claimsOf(ringfence.client), verify], print);
  } finally {
    await ringfence.end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await fixtures(console.log);
}
