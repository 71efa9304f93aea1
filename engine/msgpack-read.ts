// Reads what cmsgpack writes of our layouts: lists, integers, ASCII text, true and false. Each journal entry
// has some eighty such values and is read by whoever answers, replays or flushes it, at a third of what the
// package takes. Whatever else is in the bytes is left to the package, which reads or refuses it.

let bytes: Buffer = Buffer.alloc(0);
let at = 0;

/** The value, or undefined when it has to be read by the package. */
export function readPacked(packed: Uint8Array): unknown {
  if (!Buffer.isBuffer(packed)) return undefined;
  bytes = packed;
  at = 0;
  try {
    const value = readValue();
    return at === packed.length ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @throws at the end of the bytes, and at a head of another kind */
function readValue(): unknown {
  const head = bytes.readUInt8(at);
  at += 1;
  if (head < 0x80) return head;
  if (head >= 0xe0) return head - 0x100;
  if (head < 0x90) throw new RangeError('a map');
  if (head < 0xa0) return readList(head - 0x90);
  if (head < 0xc0) return readText(head - 0xa0);
  if (head === 0xc2) return false;
  if (head === 0xc3) return true;
  if (head >= 0xcc && head <= 0xd3) return readInteger(head);
  if (head === 0xd9) return readText(readInteger(0xcc));
  if (head === 0xda) return readText(readInteger(0xcd));
  if (head === 0xdc) return readList(readInteger(0xcd));
  throw new RangeError('a value of another kind');
}

/** From 0xcc on: unsigned of 1, 2, 4 and 8 bytes, then signed. */
function readInteger(head: number): number {
  const from = at;
  const size = 1 << (head & 3);
  at += size;
  if (head < 0xcf) return bytes.readUIntBE(from, size);
  if (head === 0xcf) return bytes.readUInt32BE(from) * 2 ** 32 + bytes.readUInt32BE(from + 4);
  if (head < 0xd3) return bytes.readIntBE(from, size);
  return bytes.readInt32BE(from) * 2 ** 32 + bytes.readUInt32BE(from + 4);
}

function readText(length: number): string {
  const from = at;
  at += length;
  if (at > bytes.length) throw new RangeError('the bytes end within a text');
  for (let i = from; i < at; i += 1) {
    if ((bytes[i] ?? 0) >= 0x80) throw new RangeError('text beyond ASCII');
  }
  return bytes.toString('latin1', from, at);
}

function readList(length: number): unknown[] {
  // Each element takes a byte at least: room is made for no more than there can be.
  if (length > bytes.length - at) throw new RangeError('the bytes end within a list');
  const list = new Array<unknown>(length);
  for (let i = 0; i < length; i += 1) list[i] = readValue();
  return list;
}
