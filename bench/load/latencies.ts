/** Latencies of a load, in ms, and their percentiles. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export class Latencies {
  #values = new Float64Array(1024);
  #count = 0;

  add(ms: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count] = ms;
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  spread(): Spread {
    const sorted = this.#sorted();
    const at = (share: number) => valueAt(sorted, share);
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
  }

  /** @param share 0 to 1 */
  at(share: number): number {
    return valueAt(this.#sorted(), share);
  }

  #sorted(): Float64Array {
    return this.#values.slice(0, this.#count).sort();
  }
}

function valueAt(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, sorted.length * share) | 0] ?? 0;
}
