/**
 * Comes back to dials that are not finished: the dialler died, the provider did not answer, or a
 * store was away. The provider is asked for the call by its metadata; it is linked if it is there,
 * and given up only when the provider's whole list has not had it for long enough. Nothing here ever
 * places a call.
 */
import type { Asked, Asking } from '../asking/asking.ts';
import type { Dial, DialDecision } from './dials.ts';
import { type DialContext, finishDial, placeOf } from './finish.ts';
import { createLoop } from './loop.ts';

const BATCH_MAX = 32;
/** Longer than any answer of a provider takes, a long list included. */
const LEASE_MS = 120_000;
const LOOK_FIRST_MS = 2_000;
const LOOK_MAX_MS = 60_000;

export interface DialLooksOptions extends DialContext {
  /** Asks the provider, and does to the hold what its answer asks for. */
  readonly asking: Pick<Asking, 'ask'>;
}

export interface DialLooks {
  start(): void;
  /** Ends after the looks under way. */
  stop(): Promise<void>;
  /** Looks once at everything that is due, and answers how many that were. */
  round(): Promise<number>;
}

export function createDialLooks(options: DialLooksOptions): DialLooks {
  const { dials, log } = options;

  async function round(): Promise<number> {
    const due = await dials.claim(BATCH_MAX, LEASE_MS);
    await Promise.all(
      due.map((dial) =>
        look(options, dial).catch(async (error: unknown) => {
          log.warn({ err: error, call_id: dial.callId }, 'a dial could not be looked after');
          await dials.postpone(dial, pauseAfter(dial));
        }),
      ),
    );
    return due.length;
  }

  return { ...createLoop(round, log), round };
}

async function look(options: DialLooksOptions, dial: Dial): Promise<void> {
  const { dials } = options;
  if (dial.state === 'created' || dial.state === 'refused') {
    return await finishDial(options, dial, undefined);
  }
  const decision = await decide(options, dial);
  if (decision === 'later') return await dials.postpone(dial, pauseAfter(dial));
  if (decision === 'never') return await dials.finish(dial);
  await finishDial(options, await dials.decide(dial, decision, LOOK_FIRST_MS), undefined);
}

/** `later`: nobody can tell yet. `never`: the call is over, and its provider's id never came out. */
async function decide(
  options: DialLooksOptions,
  dial: Dial,
): Promise<DialDecision | 'later' | 'never'> {
  const { sessions } = options;
  const place = await placeOf(options, dial);
  const reach = await sessions.reach(place);
  // The provider's own messages, or the reconciler, were faster.
  if (reach !== undefined) return { state: 'created', providerCallId: reach.providerCallId };
  const call = await sessions.get(place);
  const asked = await options.asking.ask(place.partition, place.holdId);
  return decisionOf(asked, call?.state === 'voided');
}

function decisionOf(asked: Asked, voided: boolean): DialDecision | 'later' | 'never' {
  switch (asked.status) {
    case 'live':
    case 'ringing':
    case 'over':
      return { state: 'created', providerCallId: asked.record.providerCallId };
    case 'voided':
      return { state: 'refused', providerStatus: undefined };
    case 'closed':
      return voided ? { state: 'refused', providerStatus: undefined } : 'never';
    case 'not_found':
    case 'cannot_ask':
      return 'later';
    case 'no_provider':
      return 'never';
  }
}

/** Soon at first, because most calls are found at once; then ever less often. */
function pauseAfter({ looks }: Dial): number {
  return Math.min(LOOK_MAX_MS, LOOK_FIRST_MS * 2 ** Math.min(looks, 5));
}
