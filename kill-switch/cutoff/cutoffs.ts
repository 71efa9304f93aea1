/**
 * The final calls that the enforcer of this process looks after: those whose money has run short.
 *
 *   far from the cutoff   warned, when the due set brings them up for it
 *   seconds before it     taken in hand: an alarm of this process for each exact moment
 *   at it, and past it    ended (endings.ts); looked at often enough that nobody else takes over
 *
 * A call that this very look made final is left to whoever the due set gives it to next: at once, and
 * to one enforcer alone, whoever found it final.
 *
 * Every look comes after the engine has tried to extend the call, so money that came in until then
 * rescues it. When this process dies, the due set gives its calls to others within 2 s.
 */
import type { HoldState } from '../../engine/index.ts';
import { isOpen } from '../sessions/call.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';
import { createAlarms } from './alarms.ts';
import type { CutoffContext } from './doors.ts';
import { Endings } from './endings.ts';
import type { EngineClock } from './engine-clock.ts';
import type { FinalCall } from './final-call.ts';
import { createOrders } from './orders.ts';
import { noteFinal, noteRescue } from './timeline.ts';
import { Words } from './words.ts';

/** A call is taken in hand when its next moment is nearer than this. */
const IN_HAND_MS = 10_000;
/** A call past its cutoff is looked at this often: sooner than the due set gives it to another. */
const LOOK_MS = 1_200;
/** An alarm that rang before the engine's moment is set anew, not sooner than this. */
const EARLY_MS = 20;
const CALLS_MAX = 100_000;
const SWEEP_MS = 10_000;
/** A call that nobody looked at for this long is somebody else's, or over. */
const FORGET_MS = 60_000;
/** A cutoff that moved by less is not put on the timeline again. */
const NEWS_MS = 5_000;

export interface Sight {
  readonly call: CallIdentity;
  readonly hold: HoldState;
  /** The engine's clock, epoch ms. */
  readonly nowMs: number;
  /** This look changed the hold. */
  readonly changed: boolean;
}

export class Cutoffs {
  readonly #context: CutoffContext;
  readonly #clock: EngineClock;
  readonly #words: Words;
  readonly #endings: Endings;
  readonly #orders;
  readonly #alarms;
  readonly #calls = new Map<string, FinalCall>();
  readonly #speaking = new Set<Promise<void>>();
  #sweptAtMs = 0;

  /** @param ring is told the call to look at when its moment has come; must not throw. */
  constructor(context: CutoffContext, clock: EngineClock, ring: (call: CallIdentity) => void) {
    this.#context = context;
    this.#clock = clock;
    const { doors, log } = context;
    this.#orders = doors && createOrders({ ...doors, log, pushed: doors.measure?.pushed });
    this.#words = new Words(context, this.#orders);
    const wake = (final: FinalCall, atMs: number) => this.#wake(final, atMs);
    this.#endings = new Endings(context, this.#orders, wake, () => clock.nowMs());
    this.#alarms = createAlarms((holdId) => {
      const final = this.#calls.get(holdId);
      if (final !== undefined) ring(final.call);
    });
  }

  /** A call was looked at: does what is due for it. Never throws. */
  look(sight: Sight): void {
    const { call, hold, nowMs, changed } = sight;
    this.#sweep();
    const known = this.#calls.get(call.holdId);
    if (changed && isNews(known, hold)) noteFinal(this.#context.note, hold);
    if (!isOpen(hold)) {
      if (known) this.#closed(known, hold);
    } else if (hold.finalReason === '') {
      if (known) this.#rescued(known, hold, changed);
    } else {
      const final = known ?? this.#remember(call, hold);
      if (final === known || !changed || nowMs >= hold.cutoffAtMs) this.#act(final, hold, nowMs);
    }
  }

  /** Money came in and a call that was final goes on. Nothing is taken in hand for it. */
  woken(sight: Sight): void {
    const { call, hold } = sight;
    if (this.#calls.has(call.holdId)) this.look(sight);
    else if (!sight.changed) return;
    else if (hold.finalReason === '') noteRescue(this.#context.note, hold);
    else noteFinal(this.#context.note, hold);
  }

  /** The engine is away: what was known of a call in hand has to do. */
  blind(holdId: string): void {
    const known = this.#calls.get(holdId);
    if (known?.inHand === true) this.#act(known, known.hold, this.#clock.nowMs());
  }

  /** Nothing new is begun; settles when what is under way is done. */
  async stop(): Promise<void> {
    this.#alarms.stop();
    for (const final of this.#calls.values()) final.over = true;
    await Promise.all([...this.#speaking, this.#endings.idle(), this.#orders?.idle()]);
  }

  #remember(call: CallIdentity, hold: HoldState): FinalCall {
    const final: FinalCall = {
      call,
      hold,
      lookedAtMs: performance.now(),
      inHand: false,
      over: false,
      warned: false,
      worded: false,
      ending: undefined,
    };
    if (this.#calls.size < CALLS_MAX) this.#calls.set(call.holdId, final);
    return final;
  }

  #act(final: FinalCall, hold: HoldState, nowMs: number): void {
    final.hold = hold;
    final.lookedAtMs = performance.now();
    const { cutoffAtMs, policy } = hold;
    if (nowMs >= cutoffAtMs) {
      final.inHand = true;
      this.#endings.drive(final, nowMs);
      return;
    }
    // A little money moved the cutoff on: what was begun at the old one ends here.
    final.ending = undefined;
    if (policy.warnMs > 0 && nowMs >= cutoffAtMs - policy.warnMs && !final.warned) {
      final.warned = true;
      this.#speak(this.#words.warn(final, nowMs));
    }
    const wordsAtMs = cutoffAtMs - policy.endMessageMs;
    if (policy.endMessageMs > 0 && nowMs >= wordsAtMs && !final.worded) {
      final.worded = true;
      this.#speak(this.#words.last(final));
    }
    const nextMs = nowMs < wordsAtMs ? wordsAtMs : cutoffAtMs;
    if (!final.inHand && nextMs - nowMs > IN_HAND_MS) return;
    if (!final.inHand && hold.hasProvider) this.#orders?.prepare(final.call);
    final.inHand = true;
    const soonestMs = performance.now() + EARLY_MS;
    this.#alarms.set(final.call.holdId, Math.max(soonestMs, this.#clock.momentOf(nextMs)));
  }

  #closed(final: FinalCall, hold: HoldState): void {
    this.#forget(final);
    const { ending, call } = final;
    if (ending === undefined) return;
    const afterMs = hold.closedAtMs - hold.cutoffAtMs;
    const { doors, note } = this.#context;
    doors?.measure?.timeToKill('proven', afterMs);
    doors?.moved(call, 'confirmed');
    note(call, 'cutoff_confirmed', {
      after_ms: afterMs,
      evidence: hold.evidence,
      attempts: ending.attempts,
      ...(ending.last === '' ? {} : { last_result: ending.last }),
    });
  }

  #rescued(final: FinalCall, hold: HoldState, changed: boolean): void {
    this.#forget(final);
    if (changed) noteRescue(this.#context.note, hold);
    if (final.ending !== undefined) this.#context.doors?.moved(final.call, 'none');
  }

  #forget(final: FinalCall): void {
    final.over = true;
    this.#calls.delete(final.call.holdId);
    this.#alarms.clear(final.call.holdId);
  }

  #wake(final: FinalCall, atMs: number): void {
    if (final.over || !this.#calls.has(final.call.holdId)) return;
    this.#alarms.set(final.call.holdId, Math.min(atMs, performance.now() + LOOK_MS));
  }

  #speak(work: Promise<void>): void {
    this.#speaking.add(work);
    void work.finally(() => this.#speaking.delete(work));
  }

  #sweep(): void {
    const nowMs = performance.now();
    if (nowMs - this.#sweptAtMs < SWEEP_MS) return;
    this.#sweptAtMs = nowMs;
    for (const final of this.#calls.values()) {
      if (nowMs - final.lookedAtMs > FORGET_MS) this.#forget(final);
    }
  }
}

/** A call that was final before and got a few seconds more has no news for its timeline. */
function isNews(known: FinalCall | undefined, hold: HoldState): boolean {
  if (!isOpen(hold) || hold.finalReason === '') return false;
  return known === undefined || Math.abs(hold.cutoffAtMs - known.hold.cutoffAtMs) >= NEWS_MS;
}
