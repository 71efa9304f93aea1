import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../test/eventually.ts';
import { type Receiver, startReceiver } from '../test/receiver.ts';
import { segmentsOf } from './segments.ts';
import { twilioSignature } from './signature.ts';
import { authToken, twilioWithClient } from './test/client.ts';

const stops: (() => Promise<void>)[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  stops.push(receiver.stop);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const forms = () =>
  receiver.received.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

test('a message is sent, delivered, called back, signed, and priced later', async () => {
  const { post, get, control, stop } = await twilioWithClient();
  stops.push(stop);
  const { status, body } = await post('Messages.json', [
    ['To', '+14155550987'],
    ['MessagingServiceSid', 'MG1'],
    ['Body', 'Your balance is low.'],
    ['StatusCallback', receiver.url],
  ]);
  expect(status).toBe(201);
  expect(body).toMatchObject({ status: 'accepted', num_segments: '0', price: null });
  const told = () => forms().map(({ MessageStatus }) => MessageStatus);
  await eventually(() => told().sort()).toEqual(['delivered', 'sent']);
  for (const [index, { headers }] of receiver.received.entries()) {
    const expected = twilioSignature(authToken, receiver.url, forms()[index] ?? {});
    expect(headers.get('x-twilio-signature')).toBe(expected);
  }
  const path = `Messages/${body.sid}.json`;
  await eventually(async () => (await get(path)).body.price).toBe('-0.00830');
  // The last step stands, whichever callback overtook the other on the way.
  expect((await get(path)).body).toMatchObject({ num_segments: '1', status: 'delivered' });
  expect(control.messages()).toMatchObject([{ costMicros: 8_300, segments: 1 }]);
});

test('a message that does not arrive says why', async () => {
  const { post, stop } = await twilioWithClient({ script: { answer: 'failed' } });
  stops.push(stop);
  await post('Messages.json', [
    ['To', '+14155550987'],
    ['From', '+14155550142'],
    ['Body', 'Hello'],
    ['StatusCallback', receiver.url],
  ]);
  // Either callback may overtake the other on the way.
  const told = () => forms().map(({ MessageStatus, ErrorCode }) => [MessageStatus, ErrorCode]);
  await eventually(() => told().sort()).toEqual([
    ['sent', undefined],
    ['undelivered', '30003'],
  ]);
});

test.each([
  ['a', 160, 1],
  ['a', 161, 2],
  ['a', 307, 3],
  ['€', 80, 1],
  ['€', 81, 2],
  ['я', 70, 1],
  ['я', 71, 2],
  ['🙂', 35, 1],
  ['🙂', 36, 2],
])('%s times %i makes %i segments', (character, times, segments) => {
  expect(segmentsOf(character.repeat(times))).toBe(segments);
});
