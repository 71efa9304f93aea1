import { hash } from 'node:crypto';
import { Problem } from './problem.ts';

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/**
 * Reads the `Idempotency-Key` header, or the field that stands for it in an item of a batch.
 * @param param what the caller knows it as
 * @throws Problem idempotency_key_required when it is missing and `required`;
 *   invalid_request when it is not 1-255 printable ASCII characters, or was sent twice
 *   (HTTP joins repeated headers with a comma and a space).
 */
export function idempotencyKeyOf(
  header: string | null,
  required: boolean,
  param = 'Idempotency-Key',
): string | undefined {
  if (header === null || header === '') {
    if (!required) return undefined;
    throw new Problem('idempotency_key_required', undefined, { param });
  }
  if (!PRINTABLE.test(header) || header.includes(', ')) {
    throw new Problem(
      'invalid_request',
      'Send one Idempotency-Key of 1 to 255 printable ASCII characters, without a comma and space.',
      { param },
    );
  }
  return header;
}

/** sha256, in hex, of the body as it was understood: key order and number spelling do not count. */
export function fingerprintOf(parsedBody: unknown): string {
  return hash('sha256', canonicalJson(parsedBody));
}

/** JSON with sorted object keys; fields that are `undefined` are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let fields = '';
  for (const name of Object.keys(value).sort()) {
    const field: unknown = Reflect.get(value, name);
    if (field === undefined) continue;
    fields += `${fields === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(field)}`;
  }
  return `{${fields}}`;
}
