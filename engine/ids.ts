// Ids are a prefix, an underscore and a lower-case ULID; some are derived, so that a retry finds them.

import { createHash, randomFillSync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { monotonicFactory } from 'ulid';

/** Random bytes are drawn by the page: the package itself draws one at a time, sixteen for an id. */
const pool = new Uint8Array(4096);
let drawn = pool.length;

function fraction(): number {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  const byte = pool[drawn] ?? 0;
  drawn += 1;
  return byte / 256;
}

/** Within a millisecond the last id is counted up. */
const ulid = monotonicFactory(fraction);

export type IdPrefix =
  | 'org'
  | 'wal'
  | 'hold'
  | 'ent'
  | 'key'
  | 'trf'
  | 'evt'
  | 'req'
  | 'top'
  | 'whk'
  | 'eml'
  | 'dlv'
  | 'alr'
  | 'pkg';

/** A new id, sortable by time to the millisecond. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${ulid().toLowerCase()}`;
}

/** A mutation's id: a bare lower-case ULID. */
export function newMutationId(): string {
  return ulid().toLowerCase();
}

/** The ledger entry id of a mutation's row; `row` counts from 0 and is at most 9. */
export function entryId(mutationId: string, row: number): string {
  return `ent_${mutationId}${row}`;
}

/** The hold of a call: the same for every attempt, so that retries meet it. */
export function callHoldId(organizationId: string, callId: string): string {
  return derivedId('hold', 'call', organizationId, callId);
}

/** The hold that a request with an Idempotency-Key makes. */
export function requestHoldId(organizationId: string, requestKey: string): string {
  return derivedId('hold', 'request', organizationId, requestKey);
}

/** An id made from its parts: 130 bits of SHA-256 in the ULID alphabet. */
export function derivedId(prefix: IdPrefix, ...parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return `${prefix}_${base32(digest).slice(0, 26)}`;
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

function base32(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((buffer >> bits) & 31);
    }
  }
  return text;
}

/** The partition of a family of organizations: by its root, so that agency and client share one. */
export function partitionOf(rootOrganizationId: string, partitions: number): number {
  return crc32(rootOrganizationId) % partitions;
}
