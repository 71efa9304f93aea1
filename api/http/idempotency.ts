import { createHash } from 'node:crypto';
import { Problem } from './problem.ts';

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/**
 * Reads the `Idempotency-Key` header.
 * @throws Problem idempotency_key_required when it is missing and `required`;
 *   invalid_request when it is not 1-255 printable ASCII characters, or was sent twice
 *   (HTTP joins repeated headers with a comma and a space).
 */
export function idempotencyKeyOf(header: string | null, required: boolean): string | undefined {
  if (header === null || header === '') {
    if (!required) return undefined;
    throw new Problem('idempotency_key_required', undefined, { param: 'Idempotency-Key' });
  }
  if (!PRINTABLE.test(header) || header.includes(', ')) {
    throw new Problem(
      'invalid_request',
      'Send one Idempotency-Key of 1 to 255 printable ASCII characters, without a comma and space.',
      { param: 'Idempotency-Key' },
    );
  }
  return header;
}

/** sha256, in hex, of the body as it was understood: key order and number spelling do not count. */
export function fingerprintOf(parsedBody: unknown): string {
  return createHash('sha256').update(canonicalJson(parsedBody)).digest('hex');
}

/** JSON with sorted object keys; fields that are `undefined` are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}
