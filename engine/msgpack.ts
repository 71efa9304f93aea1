// The packed values that Lua's cmsgpack writes, read strictly: a wrong shape is a bug, never a guess.

import { decode, Encoder } from '@msgpack/msgpack';
import { readPacked } from './msgpack-read.ts';

/** One for all: each new one allocates 2 KB before it writes a byte. */
const encoder = new Encoder();

/** Decodes one packed value. Throws if it is missing or not msgpack. */
export function decodeMsgpack(what: string, packed: Uint8Array | undefined): unknown {
  if (packed === undefined || packed.length === 0)
    throw new TypeError(`${what}: nothing to unpack`);
  return readPacked(packed) ?? decode(packed);
}

/** Encodes a list of fields. Integers beyond 2^32 are written as 64-bit integers, as cmsgpack does. */
export function encodeMsgpack(fields: unknown[]): Buffer {
  return Buffer.from(encoder.encodeSharedRef(fields));
}

/** @param least values of an older release may lack those after it */
export function fieldsOf(what: string, value: unknown, count: number, least = count): unknown[] {
  if (!Array.isArray(value) || value.length > count || value.length < least) {
    throw new TypeError(`${what}: expected ${count} fields`);
  }
  return value;
}

/** An integer that an older release did not write: 0 then. */
export function laterAt(fields: unknown[], index: number, what: string): number {
  return index < fields.length ? integerAt(fields, index, what) : 0;
}

export function integerAt(fields: unknown[], index: number, what: string): number {
  const value = fields[index];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new TypeError(`${what}: expected an integer within 2^53-1`);
  }
  return value;
}

export function textAt(fields: unknown[], index: number, what: string): string {
  const value = fields[index];
  if (typeof value !== 'string') throw new TypeError(`${what}: expected text`);
  return value;
}

export function flagAt(fields: unknown[], index: number, what: string): boolean {
  const value = fields[index];
  if (value !== 0 && value !== 1) throw new TypeError(`${what}: expected 0 or 1`);
  return value === 1;
}

export function listAt(fields: unknown[], index: number, what: string): unknown[] {
  const value = fields[index];
  if (!Array.isArray(value)) throw new TypeError(`${what}: expected a list`);
  return value;
}

export function integersAt(fields: unknown[], index: number, what: string): number[] {
  const list = listAt(fields, index, what);
  return list.map((_, i) => integerAt(list, i, `${what}[${i}]`));
}
