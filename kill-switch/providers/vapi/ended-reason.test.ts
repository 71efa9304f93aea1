import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readEndedReason } from './ended-reason.ts';

const listed: string[] = JSON.parse(
  readFileSync(new URL('./fixtures/ended-reasons.json', import.meta.url), 'utf8'),
);

test('every reason in the official list has a reading', () => {
  expect(listed).toHaveLength(597);
  expect(listed.filter((reason) => !readEndedReason(reason, 1000).known)).toEqual([]);
});

test.each([
  ['customer-ended-call', 'completed', true],
  ['manually-canceled', 'completed', true],
  ['exceeded-max-duration', 'completed', true],
  ['voicemail', 'voicemail', true],
  ['customer-did-not-answer', 'no_answer', false],
  ['call.in-progress.error-providerfault-outbound-sip-403-forbidden', 'no_answer', false],
  ['assistant-request-returned-error', 'failed', false],
  ['call.start.error-subscription-insufficient-credits', 'failed', false],
  ['pipeline-error-openai-llm-failed', 'failed', true],
  ['call.in-progress.error-vapifault-transport-never-connected', 'failed', true],
])('%s reads as %s, answered: %s', (reason, outcome, answered) => {
  expect(readEndedReason(reason, 1000)).toEqual({ outcome, answered, known: true });
});

test('an unknown reason is settled by time', () => {
  expect(readEndedReason('moon-phase', 9000)).toEqual({
    outcome: 'completed',
    answered: true,
    known: false,
  });
  expect(readEndedReason('moon-phase', 0).outcome).toBe('failed');
});
