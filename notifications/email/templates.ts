/** What a person is told of an event: a subject, and a few lines of plain text. Pure. */
import { EVENTS, type EventType } from '../catalogue.ts';

export interface Letter {
  readonly subject: string;
  readonly text: string;
}

/** What a letter says besides the event. */
export interface LetterContext {
  /** The wallet's name, or its id. */
  readonly wallet: string | undefined;
  readonly organization: string | undefined;
  /** Money as a person reads it: `0.75 usd`. */
  readonly amount: (micros: number, currency: string) => string;
  /** Letters that were not sent since the last one, because there were too many. */
  readonly leftOut: number;
}

type Data = Readonly<Record<string, unknown>>;

export function letterOf(
  type: string,
  data: Data,
  occurredAt: Date,
  context: LetterContext,
): Letter {
  const wallet = context.wallet ?? 'a wallet';
  const subject = SUBJECTS[type]?.(wallet) ?? `${sentence(type)}`;
  const meaning = isKnown(type) ? EVENTS[type].meaning.replaceAll('`', '') : sentence(type);
  const facts = factsOf(type, data, occurredAt, context);
  const width = Math.max(...facts.map(([name]) => name.length));
  const table = facts.map(([name, value]) => `  ${`${name}:`.padEnd(width + 2)}${value}`);
  const leftOut =
    context.leftOut === 0
      ? []
      : ['', `${context.leftOut} more messages were left out: there were too many in an hour.`];
  return { subject, text: [meaning, '', ...table, ...leftOut, ''].join('\n') };
}

const SUBJECTS: Readonly<Record<string, (wallet: string) => string>> = {
  'wallet.low_balance': (wallet) => `Low balance: ${wallet}`,
  'wallet.low_balance_resolved': (wallet) => `Balance restored: ${wallet}`,
  'wallet.depleted': (wallet) => `Nothing left to spend: ${wallet}`,
  'wallet.replenished': (wallet) => `Money to spend again: ${wallet}`,
  'wallet.alert': (wallet) => `Alert: ${wallet}`,
  'wallet.alert_resolved': (wallet) => `Alert over: ${wallet}`,
  'wallet.quarantined': (wallet) => `Needs an operator: ${wallet}`,
  'top_up.succeeded': (wallet) => `Topped up: ${wallet}`,
  'top_up.failed': (wallet) => `Top-up failed: ${wallet}`,
  'auto_recharge.succeeded': (wallet) => `Recharged: ${wallet}`,
  'auto_recharge.failed': (wallet) => `A recharge failed: ${wallet}`,
  'auto_recharge.action_required': (wallet) => `Please confirm a recharge: ${wallet}`,
  'auto_recharge.stopped': (wallet) => `Recharging has stopped: ${wallet}`,
  'auto_recharge.capped': (wallet) => `Recharging has reached its cap: ${wallet}`,
  'payment.refused': () => 'A payment was not credited',
  'call.cutoff_failed': () => 'A call did not end when its money did',
};

/** Fields of money, under the names that people know. */
const MONEY: readonly (readonly [string, string])[] = [
  ['available_micros', 'Available'],
  ['spendable_micros', 'Can be spent'],
  ['low_balance_threshold_micros', 'Low balance threshold'],
  ['threshold_micros', 'Alert at'],
  ['credit_micros', 'Credited'],
  ['amount_micros', 'Amount'],
  ['bonus_micros', 'Bonus'],
];
const PLAIN: readonly (readonly [string, string])[] = [
  ['minutes', 'Alert at minutes'],
  ['call_id', 'Call'],
  ['top_up_id', 'Top-up'],
  ['payment_intent', 'Payment'],
  ['reason', 'Reason'],
  ['url', 'Confirm here'],
  ['attempt_id', 'Top-up'],
  ['failures', 'Failures in a row'],
  ['retry_at', 'Tried again at'],
  ['cap', 'Cap'],
  ['until', 'Goes on at'],
  ['receipt_url', 'Receipt'],
  ['wallet_id', 'Wallet id'],
];
const VALUE_MAX = 300;
/** Part of a link leads nowhere. */
const LINK_MAX = 5_000;
const LINKS = new Set(['url', 'receipt_url']);

function factsOf(
  type: string,
  data: Data,
  occurredAt: Date,
  { organization, wallet, amount }: LetterContext,
): [string, string][] {
  const currency = typeof data.currency === 'string' ? data.currency : '';
  const money = MONEY.flatMap(([field, name]): [string, string][] => {
    const micros = data[field];
    if (typeof micros !== 'number' || (micros === 0 && field !== 'available_micros')) return [];
    return [[name, `${micros < 0 ? '-' : ''}${amount(micros, currency)}`]];
  });
  const plain = PLAIN.flatMap(([field, name]): [string, string][] => {
    const value = data[field];
    const isShown = typeof value === 'string' || typeof value === 'number';
    const most = LINKS.has(field) ? LINK_MAX : VALUE_MAX;
    return isShown ? [[name, oneLine(String(value), most)]] : [];
  });
  return [
    ...(organization === undefined ? [] : [['For', oneLine(organization)] as [string, string]]),
    ...(wallet === undefined ? [] : [['Wallet', oneLine(wallet)] as [string, string]]),
    ...money,
    ...plain,
    ['When', occurredAt.toISOString()],
    ['Event', type],
  ];
}

function isKnown(type: string): type is EventType {
  return type in EVENTS;
}

/** What others wrote must not look like a line of ours. */
function oneLine(text: string, most = VALUE_MAX): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, most);
}

function sentence(type: string): string {
  const words = type.replaceAll(/[._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
