import { type Timer, TimerHeap } from './timer-heap.ts';

/** Timers done before other work of the process gets its turn. */
const BATCH = 500;
const TIMERS_MAX = 2_000_000;
/** setTimeout overflows past 2^31 ms; the clock looks again long before. */
const SLEEP_MS_MAX = 60_000;

/**
 * The time in which simulated calls live: real time, or `scale` times faster. All timers of a server
 * share one heap and one setTimeout, so a thousand live calls cost no more wake-ups than one.
 */
export class SimulatedClock {
  readonly scale: number;
  readonly #heap = new TimerHeap();
  #originMs: number;
  readonly #wallOriginMs: number;
  #latestMs: number;
  #order = 0;
  #sleep: NodeJS.Timeout | undefined;
  #wakesAtMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  /**
   * @param options.scale simulated milliseconds per real one, above 0; 1 by default.
   * @param options.startAtMs the simulated moment (epoch ms) it begins at; by default now.
   */
  constructor(options: { scale?: number | undefined; startAtMs?: number | undefined } = {}) {
    this.scale = options.scale ?? 1;
    if (!(this.scale > 0 && this.scale <= 100_000)) throw new RangeError('scale: 0 to 100,000');
    this.#wallOriginMs = Date.now();
    this.#originMs = options.startAtMs ?? this.#wallOriginMs;
    this.#latestMs = this.#originMs;
  }

  /** The simulated moment, whole epoch milliseconds. Never goes back. */
  now(): number {
    this.#latestMs = Math.max(this.#latestMs, this.simulated(Date.now()));
    return this.#latestMs;
  }

  /** The simulated moment of a real one (epoch ms). */
  simulated(wallMs: number): number {
    return Math.floor(this.#originMs + (wallMs - this.#wallOriginMs) * this.scale);
  }

  /** Does something `delayMs` simulated milliseconds from now; 0 or less is as soon as possible. */
  after(delayMs: number, work: () => void): Timer {
    return this.at(this.now() + Math.max(0, delayMs), work);
  }

  at(atMs: number, work: () => void): Timer {
    if (this.#heap.size >= TIMERS_MAX) throw new RangeError(`more than ${TIMERS_MAX} timers`);
    this.#order += 1;
    const timer: Timer = { atMs, order: this.#order, work, cancelled: this.#stopped };
    if (this.#stopped) return timer;
    this.#heap.push(timer);
    this.#arm();
    return timer;
  }

  cancel(timer: Timer): void {
    this.#heap.cancel(timer);
  }

  /** Moves the simulated moment on at once: what is due by then is done as soon as possible, in order. */
  advance(byMs: number): void {
    if (!(byMs >= 0)) throw new RangeError('time does not go back');
    this.#originMs += byMs;
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    this.#arm();
  }

  /** Forgets all timers; none is done afterwards. */
  stop(): void {
    this.#stopped = true;
    this.#heap.clear();
    clearTimeout(this.#sleep);
  }

  #arm(): void {
    const next = this.#heap.peek();
    if (next === undefined || this.#stopped || next.atMs >= this.#wakesAtMs) return;
    clearTimeout(this.#sleep);
    this.#wakesAtMs = next.atMs;
    const wallMs = Math.ceil((next.atMs - this.now()) / this.scale);
    this.#sleep = setTimeout(() => this.#run(), Math.min(SLEEP_MS_MAX, Math.max(0, wallMs)));
  }

  #run(): void {
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    try {
      for (let done = 0; done < BATCH; done += 1) {
        const timer = this.#heap.takeDue(this.now());
        if (timer === undefined) break;
        timer.work();
      }
    } finally {
      this.#arm();
    }
  }
}
