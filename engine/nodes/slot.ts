// The slot of a partition in a Redis Cluster: CRC16 of its hash tag, modulo 16384 (the Redis Cluster
// specification, "Key distribution model").

export const SLOTS = 16_384;

const POLYNOMIAL = 0x1021;

/** The hash tag of a partition is its number in decimal; see keys.ts. */
export function slotOf(partition: number): number {
  return crc16(Buffer.from(String(partition))) % SLOTS;
}

/** CRC-16/XMODEM, bit by bit: it runs once for each partition. */
function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
    }
    crc &= 0xffff;
  }
  return crc;
}
