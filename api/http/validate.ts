import type { z } from 'zod';
import { Problem } from './problem.ts';
import { quickCheckOf } from './quick-check.ts';

/** Faults named in one answer; a hostile body could have thousands. */
const FAULTS_MAX = 20;

interface Fault {
  /** Where: a dotted path, empty for the whole. */
  param: string;
  message: string;
}

/**
 * Checks what a caller sent against its schema. `whole` is what to call the value itself.
 * @throws Problem invalid_request: the first fault as the sentence and `param`, up to 20 in
 *   `details.faults`. Values are not repeated: a fault may be a secret in the wrong field.
 */
export function valid<T>(schema: z.ZodType<T>, value: unknown, whole: string): T {
  if (quickCheckOf(schema)(value)) return value as T;
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap(faultsOf).slice(0, FAULTS_MAX);
  const first = faults[0] ?? { param: '', message: 'is not valid' };
  const sentence = `${first.param === '' ? whole : first.param} ${first.message}.`;
  throw new Problem('invalid_request', sentence, {
    ...(first.param !== '' && { param: first.param }),
    details: { faults },
  });
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      param: [...path, key].join('.').slice(0, 200),
      message: 'is not a field of this request',
    }));
  }
  return [{ param: path.join('.').slice(0, 200), message: sentenceOf(issue) }];
}

/** Schemas of ours word their messages as "must ..."; zod's own begin with "Invalid input: ". */
function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is required';
  const message = issue.message.replace(/^Invalid input: /, '').replace(/\.$/, '');
  return /^(must|is|has|names|needs) /.test(message) ? message : `is not valid: ${message}`;
}
