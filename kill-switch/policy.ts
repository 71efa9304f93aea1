/**
 * The call policy: how carefully an organization's calls are paced, warned and ended.
 *
 * An organization stores only the fields it sets (snake_case, as in the HTTP contract). What it
 * leaves out comes from the nearest ancestor that sets it, and at last from the defaults here.
 * This table is the one place where a field, its default and its bounds are written down.
 */

/** A whole number of seconds, both bounds allowed. */
export interface SecondsRule {
  readonly kind: 'seconds';
  readonly byDefault: number;
  readonly min: number;
  readonly max: number;
}

/** One word out of a closed list. */
export interface WordRule<Word extends string = string> {
  readonly kind: 'word';
  readonly byDefault: Word;
  readonly words: readonly Word[];
}

function seconds(byDefault: number, min: number, max: number): SecondsRule {
  return { kind: 'seconds', byDefault, min, max };
}

function word<const Word extends string>(
  byDefault: NoInfer<Word>,
  words: readonly Word[],
): WordRule<Word> {
  return { kind: 'word', byDefault, words };
}

export const CALL_POLICY_RULES = {
  /** What the wallet must be able to pay before a call may start. */
  minimum_seconds: seconds(60, 1, 3_600),
  /** How far the hold is kept ahead of the clock. */
  quantum_seconds: seconds(75, 5, 3_600),
  /** How long before the cutoff the caller is warned. */
  warn_seconds: seconds(30, 0, 300),
  /** How long before the paid time ends the call is ended, so that the hang-up arrives in time. */
  cutoff_lead_seconds: seconds(3, 0, 15),
  /** How long an unanswered call may ring before it is asked about. */
  ring_timeout_seconds: seconds(120, 5, 600),
  /** How long a live call may give no sign of life before it is asked about. */
  heartbeat_seconds: seconds(300, 30, 3_600),
  /** What happens when the money ends. */
  final_action: word('end_call', ['end_call', 'say_then_end', 'transfer']),
  /** How long the goodbye of `say_then_end` takes. */
  end_message_seconds: seconds(8, 0, 60),
  /** What a status check answers when the engine cannot be reached. */
  on_outage: word('continue', ['continue', 'end']),
  /** How far past the authorized time a call may go on during an outage. */
  grace_seconds: seconds(60, 0, 600),
  /** The longest a call may last, whatever the wallet can pay. */
  max_duration_seconds: seconds(3_600, 10, 43_200),
  /**
   * The limit set at the provider: what the wallet can pay now, or the longest duration; by default
   * that where the wallet is recharged by itself.
   */
  provider_cap: word('affordable', ['affordable', 'max_duration']),
  /** What a status check about a call nobody authorized answers. */
  unknown_call: word('end', ['end', 'continue']),
} as const;

export type CallPolicyField = keyof typeof CALL_POLICY_RULES;

/** A complete policy: every field set. Seconds are whole numbers within their bounds. */
export type CallPolicy = {
  readonly [Field in CallPolicyField]: (typeof CALL_POLICY_RULES)[Field] extends WordRule<infer W>
    ? W
    : number;
};

/** What an organization stores: only the fields it sets itself. */
export type SparseCallPolicy = Partial<CallPolicy>;

function isField(name: string): name is CallPolicyField {
  return Object.hasOwn(CALL_POLICY_RULES, name);
}

function accepts(rule: SecondsRule | WordRule, value: unknown): boolean {
  if (rule.kind === 'word') return typeof value === 'string' && rule.words.includes(value);
  return Number.isInteger(value) && Number(value) >= rule.min && Number(value) <= rule.max;
}

/**
 * Names the first thing wrong with a sparse policy from outside, or nothing when it is sound.
 * The sentence can be shown to the caller.
 */
export function callPolicyProblem(value: unknown): { field: string; message: string } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { field: '', message: 'call_policy must be an object' };
  }
  for (const [field, given] of Object.entries(value)) {
    if (!isField(field)) return { field, message: `call_policy has no field ${field}` };
    const rule: SecondsRule | WordRule = CALL_POLICY_RULES[field];
    if (accepts(rule, given)) continue;
    const expected =
      rule.kind === 'word'
        ? `one of ${rule.words.join(', ')}`
        : `a whole number from ${rule.min} to ${rule.max}`;
    return { field, message: `call_policy.${field} must be ${expected}` };
  }
  return undefined;
}

/**
 * The policy in force for an organization.
 *
 * @param sparse what the organization and its ancestors store, nearest first. A stored value that
 *   is out of bounds (written by an older release) is passed over rather than obeyed.
 */
export function resolveCallPolicy(sparse: readonly unknown[]): CallPolicy {
  const [first] = sparse;
  if (typeof first !== 'object' || first === null) return resolve(sparse);
  const known = resolvedOf.get(first);
  const isSame = known?.sparse.length === sparse.length && sparse.every(isAt(known.sparse));
  if (known !== undefined && isSame) return known.policy;
  const policy = Object.freeze(resolve(sparse));
  resolvedOf.set(first, { sparse: [...sparse], policy });
  return policy;
}

/**
 * The policy of a call whose wallet is recharged when it runs low: where nobody has set another one,
 * the cap at the provider is the longest duration, because what the wallet can pay now is not all it
 * will have, and no cap can be raised during a call.
 */
export function policyOfCall(sparse: readonly unknown[], recharges: boolean): CallPolicy {
  const policy = resolveCallPolicy(sparse);
  if (!recharges) return policy;
  const set = nearest(sparse, 'provider_cap', CALL_POLICY_RULES.provider_cap);
  return set === undefined ? { ...policy, provider_cap: 'max_duration' } : policy;
}

/** By the nearest one. What is stored is read as objects that nobody changes, the same for many calls. */
const resolvedOf = new WeakMap<object, { sparse: readonly unknown[]; policy: CallPolicy }>();

function isAt(list: readonly unknown[]) {
  return (value: unknown, i: number) => list[i] === value;
}

function resolve(sparse: readonly unknown[]): CallPolicy {
  const resolved: Record<string, unknown> = {};
  for (const [field, rule] of Object.entries(CALL_POLICY_RULES)) {
    resolved[field] = nearest(sparse, field, rule) ?? rule.byDefault;
  }
  return resolved as CallPolicy;
}

function nearest(sparse: readonly unknown[], field: string, rule: SecondsRule | WordRule): unknown {
  for (const policy of sparse) {
    if (typeof policy !== 'object' || policy === null) continue;
    const value: unknown = Reflect.get(policy, field);
    if (accepts(rule, value)) return value;
  }
  return undefined;
}

export const DEFAULT_CALL_POLICY: CallPolicy = resolveCallPolicy([]);
