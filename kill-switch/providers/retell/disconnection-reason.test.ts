import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readDisconnectionReason } from './disconnection-reason.ts';

const listed: string[] = JSON.parse(
  readFileSync(new URL('./fixtures/disconnection-reasons.json', import.meta.url), 'utf8'),
);

test('every reason in the official list has a reading', () => {
  expect(listed).toHaveLength(34);
  expect(listed.filter((reason) => !readDisconnectionReason(reason, 1000).known)).toEqual([]);
});

test.each([
  ['dial_busy', 'no_answer', false],
  ['invalid_destination', 'failed', false],
  ['error_asr', 'failed', true],
  ['voicemail_reached', 'voicemail', true],
])('%s reads as %s, answered: %s', (reason, outcome, answered) => {
  expect(readDisconnectionReason(reason, 1000)).toEqual({ outcome, answered, known: true });
});

test('an unknown reason is settled by time', () => {
  const unknown = { answered: true, known: false };
  expect(readDisconnectionReason('eclipse', 9000)).toEqual({ outcome: 'completed', ...unknown });
  expect(readDisconnectionReason('eclipse', 0)).toEqual({ outcome: 'failed', ...unknown });
});
