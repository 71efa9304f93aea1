// Ids are a prefix, an underscore and a lower-case ULID; some are derived, so that a retry finds them.

import { hash, randomFillSync } from 'node:crypto';
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
  | 'pkg'
  | 'ins';

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

/**
 * An id made from its parts: 130 bits of SHA-256 in the ULID alphabet. The digest is a text of a character
 * for each byte: as a Buffer, which has memory of its own, it takes three times as long.
 */
export function derivedId(prefix: IdPrefix, ...parts: readonly string[]): string {
  const digest = hash('sha256', JSON.stringify(parts), 'binary');
  let id = `${prefix}_`;
  for (let at = 0; at < DERIVED_BITS; at += 10) {
    // Ten bits begin at an even bit of their byte, so that they lie in it and the next one.
    const two = (digest.charCodeAt(at >> 3) << 8) | digest.charCodeAt((at >> 3) + 1);
    id += PAIRS[(two >> (6 - (at & 7))) & 1023];
  }
  return id;
}

/** 26 characters of 5 bits, made two at a time. */
const DERIVED_BITS = 130;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const PAIRS = [...ALPHABET].flatMap((first) => [...ALPHABET].map((second) => first + second));

/** The partition of a family of organizations: by its root, so that agency and client share one. */
export function partitionOf(rootOrganizationId: string, partitions: number): number {
  return crc32(rootOrganizationId) % partitions;
}
