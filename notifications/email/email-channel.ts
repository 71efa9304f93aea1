/** Sends events to people by SMTP: plain text, and only so many in an hour. */
import { createTransport } from 'nodemailer';
import type { ClaimedDelivery } from '../../persistence/index.ts';
import { type Channel, refused, type Sent } from '../channel.ts';
import { type LetterContext, letterOf } from './templates.ts';
import { createTurns } from './turns.ts';

export interface EmailOptions {
  /** `smtp://user:password@host:587`, or `smtps://`. */
  readonly url: string;
  /** The address they come from, such as `Ringfence <alerts@example.com>`. */
  readonly from: string;
  /** To one recipient. */
  readonly perHour: number;
  readonly amount: LetterContext['amount'];
  /** Names of whom an event is about, where they are known. */
  names(delivery: ClaimedDelivery): Promise<Pick<LetterContext, 'wallet' | 'organization'>>;
  /** Letters that its recipient was sent since then, and those before it that somebody is sending. */
  sent(delivery: ClaimedDelivery, since: Date, now: Date): Promise<{ sent: number; ahead: number }>;
  /** Letters that a recipient was not sent since the last one. */
  leftOut(endpointId: string): Promise<number>;
}

export interface EmailChannel {
  readonly channel: Channel;
  /** Closes connections to the mail server. */
  close(): void;
}

const HOUR_MS = 3_600_000;
/** Until those before it have been sent, or refused. */
const AHEAD_MS = 2_000;
const CONNECT_MS = 10_000;
const SOCKET_MS = 30_000;
const CONNECTIONS_MAX = 2;
/** Kept of a server's answer for the log of deliveries. */
const ANSWER_KEPT = 1_024;

export function createEmailChannel(options: EmailOptions): EmailChannel {
  const transport = createTransport({
    url: options.url,
    pool: true,
    maxConnections: CONNECTIONS_MAX,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SOCKET_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^\s>]+)/.exec(options.from)?.[1] ?? 'localhost';

  const turns = createTurns();

  async function channel(delivery: ClaimedDelivery, nowMs: number): Promise<Sent> {
    const untilMs = turns.take(nowMs);
    if (untilMs !== undefined) return { status: 'later', untilMs };
    const startedMs = performance.now();
    try {
      return await send(delivery, nowMs);
    } finally {
      turns.end(performance.now() - startedMs);
    }
  }

  async function send(delivery: ClaimedDelivery, nowMs: number): Promise<Sent> {
    const { endpointId, eventId, type, data, occurredAt, target } = delivery;
    const since = new Date(nowMs - HOUR_MS);
    const { sent, ahead } = await options.sent(delivery, since, new Date(nowMs));
    if (sent >= options.perHour) {
      return { status: 'dropped', error: `more than ${options.perHour} messages in an hour` };
    }
    if (sent + ahead >= options.perHour) return { status: 'later', untilMs: nowMs + AHEAD_MS };
    const [names, leftOut] = await Promise.all([
      options.names(delivery),
      options.leftOut(endpointId),
    ]);
    const { amount } = options;
    const letter = letterOf(type, data, occurredAt, { ...names, amount, leftOut });
    try {
      const { response } = await transport.sendMail({
        ...letter,
        from: options.from,
        to: { name: '', address: target },
        // The same at each try: a mailbox may tell a second one from a first.
        messageId: `<${eventId}.${endpointId}@${domain}>`,
        headers: { 'auto-submitted': 'auto-generated' },
      });
      return { status: 'delivered', code: null, answer: response.slice(0, ANSWER_KEPT) };
    } catch (error) {
      return failureOf(error);
    }
  }

  return { channel, close: () => transport.close() };
}

/** Answers to these are about the letter or its recipient; any other is about us. */
const OF_THE_LETTER = new Set(['RCPT TO', 'DATA']);

/**
 * 5xx about a letter is the server's last word on it; anything else may pass, a password of ours that it
 * does not take as well. Nothing of the connection's URL is kept.
 */
function failureOf(error: unknown): Sent {
  if (!(error instanceof Error)) throw error;
  const field = (name: string): unknown => Reflect.get(error, name);
  const responseCode = field('responseCode');
  if (typeof responseCode === 'number' && OF_THE_LETTER.has(String(field('command')))) {
    const final = responseCode >= 500;
    return refused(`SMTP ${responseCode}`, { code: responseCode, final });
  }
  const why = [field('code') ?? error.name, responseCode ?? ''].join(' ').trim();
  return refused(`the mail server cannot be used (${why})`, { unreachable: true });
}
