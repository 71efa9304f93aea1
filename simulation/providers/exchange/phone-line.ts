import type { SimulatedClock } from './clock.ts';
import type { EndCause, PhoneCall } from './phone-call.ts';
import type { Timer } from './timer-heap.ts';

/** What a provider does when something happens on the line. */
export interface LineEvents<C extends PhoneCall> {
  ringing?(call: C): void;
  answered?(call: C): void;
  /** People talk; as often as the script says. */
  turn?(call: C): void;
  /** The agent passes the call on, because its script says so. */
  transfer?(call: C, atMs: number): void;
  ended?(call: C): void;
}

/** Takes calls through ringing, talking and their end, by script, cap and hang-up. */
export class PhoneLine<C extends PhoneCall> {
  readonly #clock: SimulatedClock;
  readonly #events: LineEvents<C>;
  /** Calls that have not ended. */
  open = 0;
  /** Calls being talked. */
  live = 0;

  constructor(clock: SimulatedClock, events: LineEvents<C>) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Begins an outbound call. */
  dial(call: C): void {
    this.open += 1;
    this.at(call, call.createdAtMs + call.script.queueMs, (ringsAtMs) => {
      call.phase = 'ringing';
      call.updatedAtMs = ringsAtMs;
      this.#events.ringing?.(call);
      this.at(call, ringsAtMs + call.script.ringMs, (atMs) => this.#pickUp(call, atMs));
    });
  }

  /** An inbound call is there; it rings until `answer` or `end`. */
  arrive(call: C): void {
    this.open += 1;
    call.phase = 'ringing';
  }

  /** The call is being talked from `atMs` on. */
  answer(call: C, atMs: number = this.#clock.now()): void {
    if (call.phase === 'ended' || call.phase === 'live') return;
    const { script } = call;
    call.phase = 'live';
    call.startedAtMs = atMs;
    call.updatedAtMs = atMs;
    this.live += 1;
    const cause = script.answer === 'voicemail' ? 'voicemail' : script.hangUp;
    this.at(call, atMs + script.talkMs, (endMs) => this.end(call, cause, endMs));
    this.limit(call, call.capMs);
    if (script.turnEveryMs > 0) this.#turns(call);
    if (script.transfer) {
      this.at(call, atMs + script.transfer.afterMs, (now) => this.#events.transfer?.(call, now));
    }
    this.#events.answered?.(call);
  }

  /** Sets the longest duration, counted from the answer. A moment that is past ends the call. */
  limit(call: C, capMs: number): void {
    call.capMs = capMs;
    if (call.startedAtMs === undefined || call.phase !== 'live') return;
    if (call.capTimer) this.#cancel(call, call.capTimer);
    const endsAtMs = Math.max(call.startedAtMs + capMs, call.updatedAtMs);
    call.capTimer = this.at(call, endsAtMs, (endMs) => this.end(call, 'cap', endMs));
  }

  /**
   * Ends the call. False if it had ended.
   * @param atMs the moment it was due to end: timers run a little late, which must not lengthen it.
   */
  end(call: C, cause: EndCause, atMs: number = this.#clock.now()): boolean {
    if (call.phase === 'ended') return false;
    if (call.phase === 'live') this.live -= 1;
    this.open -= 1;
    for (const timer of call.timers) this.#clock.cancel(timer);
    call.timers.clear();
    call.phase = 'ended';
    call.endedAtMs = atMs;
    call.updatedAtMs = atMs;
    call.endedBy = cause;
    this.#events.ended?.(call);
    return true;
  }

  /** Something that happens at a moment, if the call has not ended by then. */
  at(call: C, atMs: number, work: (atMs: number) => void): Timer {
    const timer = this.#clock.at(atMs, () => {
      call.timers.delete(timer);
      work(atMs);
    });
    call.timers.add(timer);
    return timer;
  }

  #pickUp(call: C, atMs: number): void {
    const { answer } = call.script;
    if (answer === 'person' || answer === 'voicemail') this.answer(call, atMs);
    else this.end(call, answer, atMs);
  }

  #turns(call: C): void {
    const every = call.script.turnEveryMs;
    const pauseMs = call.dice.between([Math.ceil(every / 2), Math.ceil(every * 1.5)]);
    this.at(call, this.#clock.now() + pauseMs, () => {
      this.#events.turn?.(call);
      this.#turns(call);
    });
  }

  #cancel(call: C, timer: Timer): void {
    this.#clock.cancel(timer);
    call.timers.delete(timer);
  }
}
