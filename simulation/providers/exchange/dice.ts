import { createHash } from 'node:crypto';

/**
 * A stream of random numbers (mulberry32). Each call, and each kind of question without a call, has
 * its own: what one call draws does not depend on how thousands of others happen to interleave.
 */
export class Dice {
  #state: number;

  /** The same labels and seed give the same stream. */
  constructor(seed: number, ...labels: readonly (string | number)[]) {
    const digest = createHash('sha256')
      .update([seed, ...labels].join('\u0000'))
      .digest();
    this.#state = digest.readUInt32LE(0);
  }

  /** 0 <= x < 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number, both ends included. */
  between([low, high]: readonly [number, number]): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** One key, as often as its weight says among all weights. */
  pick<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    const last = entries.at(-1);
    if (last === undefined) throw new RangeError('nothing to pick from');
    return last[0];
  }

  hex(length: number): string {
    let text = '';
    while (text.length < length) text += this.between([0, 15]).toString(16);
    return text;
  }
}

/** A seed nobody chose. It is printed, so that the run can be had again. */
export function anySeed(): number {
  return Math.floor(Math.random() * 4_294_967_296);
}
