/** One thing to be done at one moment of simulated time. */
export interface Timer {
  readonly atMs: number;
  /** Breaks ties, so that what was asked first is done first. */
  readonly order: number;
  readonly work: () => void;
  cancelled: boolean;
}

const earlier = (a: Timer, b: Timer) => a.atMs - b.atMs || a.order - b.order;

/**
 * A binary heap of timers, earliest first. A cancelled timer stays until it comes up or until half of
 * the heap is cancelled: removing it at once would cost a search.
 */
export class TimerHeap {
  #timers: Timer[] = [];
  #cancelled = 0;

  /** Timers that will still be done. */
  get size(): number {
    return this.#timers.length - this.#cancelled;
  }

  push(timer: Timer): void {
    this.#timers.push(timer);
    this.#rise(this.#timers.length - 1);
  }

  cancel(timer: Timer): void {
    if (timer.cancelled) return;
    timer.cancelled = true;
    this.#cancelled += 1;
    if (this.#cancelled > 1024 && this.#cancelled > this.#timers.length / 2) this.#compact();
  }

  /** The earliest timer, left where it is. */
  peek(): Timer | undefined {
    while (this.#timers[0]?.cancelled) {
      this.#take();
      this.#cancelled -= 1;
    }
    return this.#timers[0];
  }

  /** Takes the earliest timer out if its moment has come. */
  takeDue(nowMs: number): Timer | undefined {
    const first = this.peek();
    if (first === undefined || first.atMs > nowMs) return undefined;
    this.#take();
    first.cancelled = true; // Done: cancelling it later must not be counted.
    return first;
  }

  clear(): void {
    this.#timers = [];
    this.#cancelled = 0;
  }

  #compact(): void {
    // A sorted array is a heap.
    this.#timers = this.#timers.filter((timer) => !timer.cancelled).sort(earlier);
    this.#cancelled = 0;
  }

  #take(): void {
    const last = this.#timers.pop();
    if (last === undefined || this.#timers.length === 0) return;
    this.#timers[0] = last;
    this.#sink(0);
  }

  #rise(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  #sink(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const [a, b] = [this.#timers[left], this.#timers[right]];
      if (a === undefined) return;
      const child = b !== undefined && earlier(b, a) < 0 ? right : left;
      if (!this.#swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  #swapIfEarlier(index: number, above: number): boolean {
    const [lower, upper] = [this.#timers[index], this.#timers[above]];
    if (lower === undefined || upper === undefined || earlier(lower, upper) >= 0) return false;
    this.#timers[index] = upper;
    this.#timers[above] = lower;
    return true;
  }
}
