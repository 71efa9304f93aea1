/** What is said before a call ends: the warning, and the last words or the transfer. */
import type { ProviderClient, PushResult } from '../providers/client.ts';
import type { CallReach } from '../sessions/reach.ts';
import type { CutoffContext } from './doors.ts';
import type { FinalCall } from './final-call.ts';
import type { Order, Ordered, Orders } from './orders.ts';
import { type EndTerms, goodbyeText, warningText } from './terms.ts';

/** Who takes a call over this late asks first whether its warning was given. */
const LATE_MS = 3_000;
/** A warning that did not get through is tried once more after this. */
const AGAIN_MS = 1_000;

export class Words {
  readonly #context: CutoffContext;
  readonly #orders: Orders | undefined;

  constructor(context: CutoffContext, orders: Orders | undefined) {
    this.#context = context;
    this.#orders = orders;
  }

  /** Warns once. A call without a provider is warned on its timeline only. Never throws. */
  async warn(final: FinalCall, nowMs: number): Promise<void> {
    const { doors, note, log } = this.#context;
    const { call, hold } = final;
    const { cutoffAtMs, finalReason, policy } = hold;
    const lateMs = nowMs - (cutoffAtMs - policy.warnMs);
    if (lateMs >= LATE_MS && (await this.#wasWarned(final))) return;
    if (final.over || doors === undefined) return;
    const seconds = Math.max(1, Math.round((cutoffAtMs - nowMs) / 1000));
    const terms = await doors.terms(call.organizationId);
    const text = warningText(terms, finalReason, seconds);
    const spoken = hold.hasProvider ? await this.#sayTwice(final, text) : undefined;
    const details = { seconds_left: seconds, reason: finalReason, ...told(spoken) };
    doors.measure?.warned();
    log.info({ call_id: call.callId, ...details }, 'a call was warned of its end');
    note(call, 'warned', details);
    const { organizationId, callId } = call;
    doors.notice?.({ kind: 'call_warned', organizationId, callId, details });
  }

  /** The last words or the transfer; the hard end follows at the cutoff in any case. Never throws. */
  async last(final: FinalCall): Promise<void> {
    const { doors, note } = this.#context;
    if (doors === undefined || !final.hold.hasProvider) return;
    const terms = await doors.terms(final.call.organizationId);
    switch (terms.finalAction) {
      case 'end_call':
        return;
      case 'say_then_end': {
        const text = goodbyeText(terms);
        const ordered = await this.#give(final, 'goodbye', (client, reach) =>
          client.say(reach, text, { endAfter: true }),
        );
        return note(final.call, 'end_message', told(ordered));
      }
      case 'transfer':
        return note(final.call, 'transfer_ordered', told(await this.#transfer(final, terms)));
    }
  }

  async #transfer(final: FinalCall, terms: EndTerms): Promise<Ordered | undefined> {
    const { transferTo } = terms;
    if (transferTo === undefined) {
      return { target: '', result: { status: 'unsupported', why: 'call_transfer_to is not set' } };
    }
    return await this.#give(final, 'transfer', (client, reach) =>
      client.transfer(reach, transferTo),
    );
  }

  async #sayTwice(final: FinalCall, text: string): Promise<Ordered | undefined> {
    const say = () => this.#give(final, 'warning', (client, reach) => client.say(reach, text));
    const first = await say();
    if (first === undefined || first.result.status !== 'refused' || !first.result.retryable) {
      return first;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    return await say();
  }

  async #give(
    final: FinalCall,
    order: Order,
    push: (client: ProviderClient, reach: CallReach) => Promise<PushResult>,
  ): Promise<Ordered | undefined> {
    return await this.#orders?.give(final.call, order, push, () => !final.over);
  }

  /** Who cannot find out does not warn: nobody is to hear it twice. */
  async #wasWarned({ call }: FinalCall): Promise<boolean> {
    try {
      return (await this.#context.doors?.wasWarned(call)) ?? true;
    } catch (error) {
      this.#context.log.warn({ err: error, call_id: call.callId }, 'a late warning was left out');
      return true;
    }
  }
}

/** An order's result, for the timeline. */
export function told(ordered: Ordered | undefined): Record<string, unknown> {
  if (ordered === undefined) return { result: 'not_sent' };
  const { target, result } = ordered;
  return {
    ...(target === '' ? {} : { provider: target }),
    result: result.status,
    ...(result.status === 'refused' ? { http_status: result.httpStatus } : {}),
    ...(result.status === 'unsupported' ? { why: result.why } : {}),
  };
}
