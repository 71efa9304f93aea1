import { z } from 'zod';
import { invalid } from './errors.ts';

/** What a form says: texts, and objects and lists of them. */
export type FormValue = string | FormValue[] | { [name: string]: FormValue };

const FIELDS_MAX = 1_000;
const DEPTH_MAX = 8;

/**
 * Reads Stripe's form encoding: `a[b]=1`, `a[0][b]=1`, `a[]=1`. Indices make lists.
 * @throws StripeFailure for names that are too deep or too many
 */
export function decodeForm(text: string): { [name: string]: FormValue } {
  const root: Node = new Map();
  const form = [...new URLSearchParams(text)];
  if (form.length > FIELDS_MAX) throw invalid('Too many parameters.');
  for (const [name, value] of form) put(root, pathOf(name), value);
  const decoded = settle(root);
  return typeof decoded === 'object' && !Array.isArray(decoded) ? decoded : {};
}

type Node = Map<string, Node | string>;

function pathOf(name: string): string[] {
  const [head = '', ...rest] = name.split('[');
  const path = [head, ...rest.map((part) => part.replace(/\]$/, ''))];
  if (path.length > DEPTH_MAX) throw invalid(`Received too deep a parameter: ${name}`);
  return path;
}

function put(node: Node, path: readonly string[], value: string): void {
  const [first = '', ...rest] = path;
  const key = first === '' ? String(node.size) : first;
  if (rest.length === 0) {
    node.set(key, value);
    return;
  }
  const present = node.get(key);
  const below: Node = present instanceof Map ? present : new Map();
  node.set(key, below);
  put(below, rest, value);
}

function settle(node: Node | string): FormValue {
  if (typeof node === 'string') return node;
  const keys = [...node.keys()];
  if (keys.length > 0 && keys.every((key) => /^\d+$/.test(key))) {
    return [...node.values()].map(settle);
  }
  return Object.fromEntries([...node].map(([key, value]) => [key, settle(value)]));
}

/** A whole number, which a form sends as text. */
export const whole = z
  .string()
  .regex(/^-?\d{1,15}$/, 'Invalid integer')
  .transform(Number);

export const yesOrNo = z.enum(['true', 'false']).transform((value) => value === 'true');

/** Up to 50 labels of texts; an empty text is how a metadata object is emptied. */
export const metadata = z
  .union([z.literal('').transform(() => ({})), z.record(z.string().max(40), z.string().max(500))])
  .default({});

/**
 * Parameters by their schema. Strict: what Stripe does not know it refuses.
 * @throws StripeFailure 400 that names the parameter
 */
export function parameters<T>(schema: z.ZodType<T>, form: { [name: string]: FormValue }): T {
  const { expand: _, ...rest } = form;
  const result = schema.safeParse(rest);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const name = [...issue.path.map(String), issue.keys[0]].join('.');
    throw invalid(`Received unknown parameter: ${name}`, {
      param: name,
      code: 'parameter_unknown',
    });
  }
  const [head = '', ...below] = issue?.path.map(String) ?? [];
  const param = head + below.map((name) => `[${name}]`).join('');
  throw invalid(issue?.message ?? 'Invalid request.', { param });
}
