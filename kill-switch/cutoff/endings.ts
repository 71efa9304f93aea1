/**
 * The end of a call that has reached its cutoff: pushes, again and again, until there is proof.
 *
 *   push --accepted--> wait --no end event--> ask the provider --it lives--> push
 *     \--refused, no answer--> wait, longer each time, push; from the third on also its Twilio leg
 *
 * Only a closed hold is proof: by the provider's end event, or by its record, which asking captures.
 * Until then the call is charged. When proof fails to come the alarm is raised, once, and the pushes
 * go on slowly; the provider's own cap is the last line.
 */
import { OutageError } from '../../engine/index.ts';
import type { CutoffContext } from './doors.ts';
import { type Ending, type FinalCall, newEnding } from './final-call.ts';
import type { Ordered, Orders } from './orders.ts';
import { told } from './words.ts';

const BACK_OFF_MIN_MS = 250;
const BACK_OFF_MAX_MS = 5_000;
/** Share of a pause that is left to chance, so that refused calls do not come back in step. */
const JITTER = 0.2;
/** An accepted push that brought no proof is repeated after this at the latest, unless told otherwise. */
const CONFIRM_MS = 5_000;
/** How long the end event may take before the provider is asked; doubled with each question. */
const QUESTION_MIN_MS = 1_500;
const QUESTION_MAX_MS = 15_000;
/** From so many refusals in a row on the call is ended at its Twilio leg as well. */
const ESCALATE_AFTER = 2;
/** The alarm: after so many pushes without proof, or so long after the cutoff. */
const PUSHES_MAX = 10;
const UNCONFIRMED_MS = 60_000;
/** Between pushes after the alarm. */
const RETRY_FAILED_MS = 30_000;
/** Who sees the cutoff later than this takes over from another process. */
const TAKE_OVER_MS = 1_500;

export class Endings {
  readonly #context: CutoffContext;
  readonly #orders: Orders | undefined;
  readonly #wake: (final: FinalCall, atMs: number) => void;
  /** The engine's clock, epoch ms. */
  readonly #nowMs: () => number;
  readonly #working = new Set<Promise<void>>();

  constructor(
    context: CutoffContext,
    orders: Orders | undefined,
    wake: (final: FinalCall, atMs: number) => void,
    nowMs: () => number,
  ) {
    this.#context = context;
    this.#orders = orders;
    this.#wake = wake;
    this.#nowMs = nowMs;
  }

  /** Does what is to be done now for a call past its cutoff, and wakes up for what comes next. */
  drive(final: FinalCall, nowMs: number): void {
    const first = final.ending === undefined;
    final.ending ??= newEnding();
    if (first) this.#begin(final, nowMs);
    const { ending, hold } = final;
    // Nobody can be told to end a call without a provider: it is told when it asks.
    if (!hold.hasProvider || this.#orders === undefined) return;
    const clockMs = performance.now();
    const due = !ending.pushing && clockMs >= ending.nextPushAtMs;
    const lateMs = nowMs - hold.cutoffAtMs;
    if (lateMs >= UNCONFIRMED_MS || (due && ending.attempts >= PUSHES_MAX)) {
      this.#raiseAlarm(final, ending, lateMs);
    }
    if (due) this.#run(this.#push(final, ending, this.#orders));
    if (!ending.asking && clockMs >= ending.nextQuestionAtMs) this.#run(this.#ask(final, ending));
    this.#sleep(final, ending);
  }

  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  #begin(final: FinalCall, nowMs: number): void {
    const { call, hold } = final;
    const lateMs = nowMs - hold.cutoffAtMs;
    if (lateMs < TAKE_OVER_MS) this.#notePending(final, lateMs);
    else this.#run(this.#takeOver(final, lateMs));
    const fields = { call_id: call.callId, reason: hold.finalReason, late_ms: lateMs };
    this.#context.log.info(fields, 'a call has reached its cutoff');
  }

  #notePending({ call, hold }: FinalCall, lateMs: number): void {
    const cutoffAt = new Date(hold.cutoffAtMs).toISOString();
    const details = { reason: hold.finalReason, cutoff_at: cutoffAt, late_ms: lateMs };
    this.#context.note(call, 'cutoff_pending', details);
    this.#context.doors?.moved(call, 'pending');
  }

  /** Finds out what another process has said about this cutoff. */
  async #takeOver(final: FinalCall, lateMs: number): Promise<void> {
    const { ending } = final;
    if (ending !== undefined) ending.unsure = true;
    const state = await this.#context.doors?.cutoffState(final.call).catch(() => undefined);
    if (ending !== undefined) ending.unsure = false;
    if (state === 'failed' && ending !== undefined) ending.failed = true;
    if (state === 'none') this.#notePending(final, lateMs);
  }

  async #push(final: FinalCall, ending: Ending, orders: Orders): Promise<void> {
    ending.pushing = true;
    const { call } = final;
    const [pushed, leg] = await Promise.all([
      orders.give(
        call,
        'end',
        (client, reach) => client.hangUp(reach),
        () => !final.over && final.ending === ending,
        ending.failures > 0,
      ),
      ending.failures >= ESCALATE_AFTER ? orders.endLeg(call) : undefined,
    ]);
    ending.pushing = false;
    if (pushed === undefined || final.over || final.ending !== ending) return;
    ending.attempts += 1;
    const results = leg === undefined ? [pushed] : [pushed, leg];
    const lateMs = this.#nowMs() - final.hold.cutoffAtMs;
    for (const ordered of results) this.#notePush(final, ending, ordered, lateMs);
    this.#judge(ending, results, lateMs);
    this.#sleep(final, ending);
  }

  /** The first push, those that were not accepted, and the first that was are on the timeline. */
  #notePush(final: FinalCall, ending: Ending, ordered: Ordered, lateMs: number): void {
    const { status } = ordered.result;
    const news = ending.attempts === 1 || status !== 'accepted' || !ending.accepted;
    const quiet = ending.failed && status !== 'accepted';
    if (!news || quiet) return;
    const details = { attempt: ending.attempts, ...told(ordered), after_ms: lateMs };
    this.#context.note(final.call, 'push', details);
  }

  /** Decides when to push and when to ask next. */
  #judge(ending: Ending, results: readonly Ordered[], lateMs: number): void {
    const { confirmMs = CONFIRM_MS } = this.#context;
    const clockMs = performance.now();
    const taken = results.some(({ result }) => result.status === 'accepted');
    const over = results.some(({ result }) => result.status === 'already_over');
    ending.last = results[0]?.result.status ?? '';
    if (taken && !ending.accepted) {
      ending.accepted = true;
      this.#context.doors?.measure?.timeToKill('pushed', lateMs);
    }
    if (taken || over) {
      ending.failures = 0;
      ending.nextPushAtMs = clockMs + (ending.failed ? RETRY_FAILED_MS : confirmMs);
      ending.nextQuestionAtMs = over ? clockMs : clockMs + questionPauseMs(ending.questions);
      return;
    }
    ending.failures += 1;
    ending.nextPushAtMs = clockMs + (ending.failed ? RETRY_FAILED_MS : backOffMs(ending.failures));
    // What is refused for good may be over already, which the provider's record can tell.
    const forGood = results.some(({ result }) => result.status === 'refused' && !result.retryable);
    if (forGood || ending.failures > ESCALATE_AFTER) {
      ending.nextQuestionAtMs = Math.min(
        ending.nextQuestionAtMs,
        clockMs + (ending.questions === 0 ? 0 : questionPauseMs(ending.questions)),
      );
    }
  }

  async #ask(final: FinalCall, ending: Ending): Promise<void> {
    const { asking } = this.#context.doors ?? {};
    ending.nextQuestionAtMs = Number.POSITIVE_INFINITY;
    if (asking === undefined) return;
    ending.asking = true;
    try {
      const { partition, holdId } = final.call;
      const asked = await asking.ask(partition, holdId);
      // The provider says that it lives on in spite of the push: it is pushed again at once.
      const lives = asked.status === 'live' || asked.status === 'ringing';
      if (lives && !ending.failed) ending.nextPushAtMs = 0;
      if (asked.status === 'over' || asked.status === 'closed' || asked.status === 'voided') {
        this.#wake(final, performance.now());
      }
    } catch (error) {
      const fields = { err: error, call_id: final.call.callId };
      if (error instanceof OutageError) this.#context.log.warn(fields, 'proof must wait');
      else this.#context.log.error(fields, 'a call that was ended could not be asked about');
    } finally {
      ending.asking = false;
      ending.questions += 1;
      ending.nextQuestionAtMs = performance.now() + questionPauseMs(ending.questions);
      this.#sleep(final, ending);
    }
  }

  #raiseAlarm({ call, hold }: FinalCall, ending: Ending, lateMs: number): void {
    if (ending.failed || ending.unsure) return;
    ending.failed = true;
    const { doors, note, log } = this.#context;
    const { attempts, last } = ending;
    const cutoffAt = new Date(hold.cutoffAtMs).toISOString();
    const details = { attempts, last_result: last, cutoff_at: cutoffAt, after_ms: lateMs };
    log.error({ call_id: call.callId, ...details }, 'the end of a call is not confirmed');
    note(call, 'cutoff_failed', details);
    doors?.moved(call, 'failed');
    doors?.measure?.cutoffFailed(hold.finalReason);
    const { organizationId, callId } = call;
    doors?.notice?.({ kind: 'cutoff_failed', organizationId, callId, details });
  }

  #sleep(final: FinalCall, ending: Ending): void {
    if (final.over) return;
    const push = ending.pushing ? Number.POSITIVE_INFINITY : ending.nextPushAtMs;
    const question = ending.asking ? Number.POSITIVE_INFINITY : ending.nextQuestionAtMs;
    this.#wake(final, Math.min(push, question));
  }

  #run(work: Promise<void>): void {
    this.#working.add(work);
    void work.finally(() => this.#working.delete(work));
  }
}

/** @param failures in a row, at least 1. */
function backOffMs(failures: number): number {
  const ms = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MIN_MS * 2 ** (failures - 1));
  return ms * (1 + JITTER * Math.random());
}

function questionPauseMs(questions: number): number {
  return Math.min(QUESTION_MAX_MS, QUESTION_MIN_MS * 2 ** questions);
}
