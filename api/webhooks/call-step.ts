/** One step of a call's story, in a sentence that a client's support can read out. */
import type { CallStep } from '../../persistence/index.ts';

export interface StepBody {
  at: string;
  kind: string;
  text: string;
  details: Record<string, unknown>;
}

export function stepBody(step: CallStep): StepBody {
  const at = step.at.toISOString();
  if (step.source === 'event') {
    const { kind, details } = step.event;
    return { at, kind, text: EVENT_TEXTS[kind] ?? kind.replaceAll('_', ' '), details };
  }
  const { entry } = step;
  return {
    at,
    kind: entry.kind,
    text: entryText(entry),
    details: {
      entry_id: entry.id,
      wallet_id: entry.walletId,
      operation: entry.operation,
      amount_micros: entry.amountMicros,
      held_delta_micros: entry.heldDeltaMicros,
      posted_after_micros: entry.postedAfterMicros,
      held_after_micros: entry.heldAfterMicros,
      shortfall_micros: entry.shortfallMicros,
      ...entry.details,
    },
  };
}

const EVENT_TEXTS: Readonly<Record<string, string>> = {
  refused: 'The call was refused.',
  linked: "The provider's id was linked to the call.",
  link_refused: "The provider's id belongs to another call and was not linked.",
  end_call_answered: 'A status check was told to end the call.',
  cutoff_pending: 'The paid time is over: the call is to end now.',
  expired: 'Nobody ended the call in time.',
  end_without_times: 'The provider said that the call is over, without its times.',
  charged_without_hold: 'The call had not been authorized; it was charged when its end came in.',
  not_charged: 'The end came in and the call could not be charged.',
  provider_cost: "The provider's cost became known.",
};

type Entry = Extract<CallStep, { source: 'ledger' }>['entry'];

function entryText(entry: Entry): string {
  const amount = (micros: number) => (Math.abs(micros) / 1_000_000).toFixed(6);
  switch (entry.kind) {
    case 'hold':
      return entry.operation === 'authorize'
        ? `The call was authorized: ${amount(entry.heldDeltaMicros)} set aside.`
        : `The call went on: ${amount(entry.heldDeltaMicros)} more set aside.`;
    case 'capture':
      return `The call ended: ${amount(entry.amountMicros)} taken, the rest released.`;
    case 'hold_release':
      return 'The call ended: nothing taken, everything released.';
    case 'adjustment':
      return `Better evidence came in: ${amount(entry.amountMicros)} ${
        entry.amountMicros < 0 ? 'more taken' : 'given back'
      }.`;
    default:
      return `${entry.kind}: ${amount(entry.amountMicros)}.`;
  }
}
