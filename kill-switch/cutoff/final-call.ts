/** What the enforcer of a process remembers of one call whose money has run short. */
import type { HoldState } from '../../engine/index.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';

export interface FinalCall {
  readonly call: CallIdentity;
  /** As it was seen last. */
  hold: HoldState;
  /** Monotonic ms. */
  lookedAtMs: number;
  /** This process acts on it to the millisecond; it wakes itself for it. */
  inHand: boolean;
  /** Closed, or rescued: whatever is under way for it is not wanted any more. */
  over: boolean;
  warned: boolean;
  /** Its last words, or its transfer, were ordered. */
  worded: boolean;
  /** Since its cutoff has passed. */
  ending: Ending | undefined;
}

/** The pushes of one call, until its end is proven. Moments are monotonic ms. */
export interface Ending {
  attempts: number;
  /** Pushes in a row that were not accepted. */
  failures: number;
  /** Questions to the provider that brought no proof. */
  questions: number;
  pushing: boolean;
  asking: boolean;
  nextPushAtMs: number;
  nextQuestionAtMs: number;
  /** The result of the last push. */
  last: string;
  /** A push was accepted. */
  accepted: boolean;
  /** The alarm was raised; pushes go on, slowly. */
  failed: boolean;
  /** Whether another process has raised it is being looked up. */
  unsure: boolean;
}

export function newEnding(): Ending {
  return {
    attempts: 0,
    failures: 0,
    questions: 0,
    pushing: false,
    asking: false,
    nextPushAtMs: 0,
    // There is nothing to ask before something was pushed.
    nextQuestionAtMs: Number.POSITIVE_INFINITY,
    last: '',
    accepted: false,
    failed: false,
    unsure: false,
  };
}
