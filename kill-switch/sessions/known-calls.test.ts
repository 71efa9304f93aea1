import { expect, test } from 'vitest';
import { DEFAULT_CALL_POLICY } from '../policy.ts';
import { liveHold } from '../test/holds.ts';
import { createKnownCalls, type KnownCall } from './known-calls.ts';

function call(holdId: string, callId: string): KnownCall {
  return {
    identity: { organizationId: `org_${holdId}`, callId, holdId, partition: 0 },
    provider: undefined,
    providerCallId: undefined,
    policy: DEFAULT_CALL_POLICY,
    affordableMs: undefined,
    hold: liveHold(),
  };
}

test('calls of one id in several organizations are all known', () => {
  const known = createKnownCalls();
  known.remember(call('h1', 'same'));
  known.remember(call('h2', 'same'));
  expect(known.withCallId('same').map((one) => one.identity.holdId)).toEqual(['h1', 'h2']);
});

test('the call renewed longest ago is forgotten first, under all its names', () => {
  const known = createKnownCalls(2);
  known.remember(call('h1', 'one'));
  known.linked('vapi', 'p1', 'h1', false);
  known.remember(call('h2', 'two'));
  known.saw('h1', liveHold({ revision: 3 }));
  known.remember(call('h3', 'three'));
  expect(known.get('h2')).toBeUndefined();
  expect(known.withCallId('two')).toEqual([]);
  expect(known.linkedTo('vapi', 'p1')?.call.identity.callId).toBe('one');
});

test('an older state does not replace a newer one', () => {
  const known = createKnownCalls();
  known.remember(call('h1', 'one'));
  known.saw('h1', liveHold({ revision: 5, coveredMs: 90_000 }));
  known.saw('h1', liveHold({ revision: 4, coveredMs: 80_000 }));
  expect(known.get('h1')?.hold.coveredMs).toBe(90_000);
});
