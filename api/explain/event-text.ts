/** What was decided about a call without moving money, in a sentence. */
import { amountText, clockText, secondsText } from './amount.ts';

type Details = Readonly<Record<string, unknown>>;

/** The sentence for a kind of event; one that this release does not know is named as it is. */
export function eventText(kind: string, details: Details, currency: string): string {
  const text = TEXTS[kind];
  return text === undefined ? `${kind.replaceAll('_', ' ')}.` : text(details, currency);
}

const TEXTS: Readonly<Record<string, (details: Details, currency: string) => string>> = {
  refused: refusedText,
  linked: ({ provider }) => `The call's id at ${word(provider)} became known.`,
  link_refused: ({ provider }) =>
    `The id given for ${word(provider)} belongs to another call and was not linked.`,
  dialed: ({ provider }) => `${word(provider)} was asked to place the call, and did.`,
  dial_refused: ({ provider }) => `${word(provider)} refused to place the call.`,
  dial_unknown: ({ provider }) =>
    `${word(provider)} did not say whether it placed the call; it is looked for.`,
  ended_after_dial: () => 'The call was over for us when its provider placed it, so it was ended.',
  ended_unpaid: ({ provider }) =>
    `The call was over for us and went on at ${word(provider)}, so it was told to end.`,
  never_placed: () => 'The provider never had the call: what was set aside was given back.',
  adopted: ({ provider }) => `The call was found live at ${word(provider)} and taken up again.`,
  not_adopted: ({ reason }) =>
    `The call was found live and could not be taken up: ${word(reason)}.`,
  adoption_refused: ({ reason }) =>
    `The call was found live, could not be paid for (${word(reason)}), and was told to end.`,
  end_call_answered: ({ reason, cost_so_far_micros: cost }, currency) =>
    `A status check was answered with "end the call": ${reasonText(reason)}, after ${amount(cost, currency)}.`,
  final: ({ reason, covered_seconds: covered, cutoff_at: at }) =>
    `${sentence(reasonText(reason))}: ${number(covered)} s are paid, so the call must end at ${clockText(at)}.`,
  rescued: ({ authorized_until: until }) =>
    `Money came in: the call goes on, paid until ${clockText(until)}.`,
  warned: (details) =>
    `The caller was warned ${number(details.seconds_left)} s before the end${orderText(details)}.`,
  end_message: (details) => `The last words were ordered before the end${orderText(details)}.`,
  transfer_ordered: (details) => `The caller was to be handed over${orderText(details)}.`,
  cutoff_pending: ({ reason }) => `The call has to end now: ${reasonText(reason)}.`,
  push: (details) =>
    `${sentence(word(details.provider ?? 'the provider'))} was told to end the call, try ` +
    `${number(details.attempt)}, ${ms(details.after_ms)} after the cutoff${orderText(details)}.`,
  cutoff_failed: ({ attempts, after_ms: after }) =>
    `Nobody confirmed the end ${ms(after)} after the cutoff, in ${number(attempts)} tries: an alarm ` +
    'was raised, the call is charged on, and the tries go on.',
  cutoff_confirmed: ({ after_ms: after }) =>
    `The end is proven${after === undefined ? '' : `, ${ms(after)} after the cutoff`}.`,
  expired: ({ state }) =>
    state === 'live'
      ? 'Nobody could say what became of the call: it counts as answered.'
      : 'Nobody ended the call in time: it was closed by the clock.',
  end_without_times: ({ reason }) =>
    `The provider said that the call is over (${word(reason)}), without its times.`,
  charged_without_hold: () =>
    'The call had not been authorized; it was charged when its end came in.',
  not_charged: ({ status }) =>
    `The end came in and the call could not be charged: ${word(status)}.`,
  provider_cost: ({ provider, provider_cost_micros: cost }) =>
    `${sentence(word(provider))} charges ${amount(cost, 'usd')} for the call.`,
};

function refusedText(details: Details, currency: string): string {
  const role = details.role === undefined ? 'payer' : word(details.role);
  switch (details.status) {
    case 'insufficient_funds':
      return (
        `Refused: ${amount(details.required_micros, currency)} is needed on the wallet of the ${role} ` +
        `for the least call, and it can spend ${amount(details.spendable_micros, currency)} ` +
        `(${amount(details.held_micros, currency)} is set aside for other calls).`
      );
    case 'wallet_frozen':
      return 'Refused: the wallet is frozen.';
    case 'too_many_live_calls':
      return (
        `Refused: ${number(details.live_calls)} calls are live on the wallet, which may have ` +
        `${number(details.max_live_calls)}.`
      );
    default:
      return `Refused: ${word(details.status)}.`;
  }
}

const RESULTS: Readonly<Record<string, string>> = {
  accepted: 'it was taken in',
  already_over: 'the call is over already',
  refused: 'it was refused',
  unreachable: 'there was no answer',
  unsupported: 'that is not possible',
  not_sent: 'nobody could be told',
};

function orderText({ result, http_status: status, why }: Details): string {
  const said = RESULTS[String(result)];
  if (said === undefined) return '';
  const more = [status === undefined ? undefined : `HTTP ${number(status)}`, why]
    .filter((part) => part !== undefined)
    .map(String);
  return `: ${said}${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
}

function reasonText(reason: unknown): string {
  switch (reason) {
    case 'insufficient_funds':
      return 'the money has run out';
    case 'max_duration':
      return 'its longest duration is reached';
    case 'wallet_frozen':
      return 'the wallet is frozen';
    default:
      return word(reason);
  }
}

function word(value: unknown): string {
  return typeof value === 'string' ? value.replaceAll('_', ' ') : 'unknown';
}

function number(value: unknown): string {
  return typeof value === 'number' ? String(value) : '?';
}

function ms(value: unknown): string {
  return typeof value === 'number' ? secondsText(value) : 'some time';
}

function amount(micros: unknown, currency: string): string {
  return typeof micros === 'number' ? amountText(micros, currency) : 'an unknown amount';
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
