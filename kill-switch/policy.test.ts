import { describe, expect, test } from 'vitest';
import {
  CALL_POLICY_RULES,
  callPolicyProblem,
  DEFAULT_CALL_POLICY,
  policyOfCall,
  resolveCallPolicy,
} from './policy.ts';

describe('the call policy', () => {
  test('has the documented defaults', () => {
    expect(DEFAULT_CALL_POLICY).toEqual({
      minimum_seconds: 60,
      quantum_seconds: 75,
      warn_seconds: 30,
      cutoff_lead_seconds: 3,
      ring_timeout_seconds: 120,
      heartbeat_seconds: 300,
      final_action: 'end_call',
      end_message_seconds: 8,
      on_outage: 'continue',
      grace_seconds: 60,
      max_duration_seconds: 3600,
      provider_cap: 'affordable',
      unknown_call: 'end',
    });
  });

  test('takes each field from the nearest organization that sets it', () => {
    const policy = resolveCallPolicy([
      { quantum_seconds: 30 },
      { quantum_seconds: 90, on_outage: 'end' },
      { on_outage: 'continue', grace_seconds: 5 },
    ]);
    expect(policy).toEqual({
      ...DEFAULT_CALL_POLICY,
      quantum_seconds: 30,
      on_outage: 'end',
      grace_seconds: 5,
    });
  });

  test('caps at the longest duration where the wallet is recharged and nobody says otherwise', () => {
    const sparse = [{ quantum_seconds: 30 }, { grace_seconds: 5 }];
    expect(policyOfCall(sparse, false)).toEqual(resolveCallPolicy(sparse));
    expect(policyOfCall(sparse, true)).toEqual({
      ...resolveCallPolicy(sparse),
      provider_cap: 'max_duration',
    });
    const set = [{}, { provider_cap: 'affordable' }];
    expect(policyOfCall(set, true)).toEqual(resolveCallPolicy(set));
  });

  test('passes over stored values that are out of bounds', () => {
    const policy = resolveCallPolicy([{ quantum_seconds: 4 }, null, { quantum_seconds: 3600 }]);
    expect(policy.quantum_seconds).toBe(3600);
  });

  test('accepts both bounds of every field in seconds and refuses one beyond each', () => {
    for (const [field, rule] of Object.entries(CALL_POLICY_RULES)) {
      if (rule.kind !== 'seconds') continue;
      expect(callPolicyProblem({ [field]: rule.min })).toBeUndefined();
      expect(callPolicyProblem({ [field]: rule.max })).toBeUndefined();
      expect(callPolicyProblem({ [field]: rule.min - 1 })?.field).toBe(field);
      expect(callPolicyProblem({ [field]: rule.max + 1 })?.field).toBe(field);
      expect(callPolicyProblem({ [field]: rule.min + 0.5 })?.field).toBe(field);
      expect(callPolicyProblem({ [field]: String(rule.min) })?.field).toBe(field);
    }
  });

  test.each([
    [{ final_action: 'sing' }, 'final_action'],
    [{ minimum_second: 60 }, 'minimum_second'],
    [{ toString: 1 }, 'toString'],
    [[], ''],
    [null, ''],
    ['end', ''],
  ])('refuses %j and names the field', (value, field) => {
    expect(callPolicyProblem(value)?.field).toBe(field);
  });
});
