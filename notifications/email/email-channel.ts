/** Sends events to people by SMTP: plain text, and only so many in an hour. */
import { createTransport } from 'nodemailer';
import type { ClaimedDelivery } from '../../persistence/index.ts';
import { type Channel, refused, type Sent } from '../channel.ts';
import { type LetterContext, letterOf } from './templates.ts';

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
  /** Letters of the last hour to a recipient, and those left out since the last one. */
  sent(endpointId: string, since: Date): Promise<{ sent: number; leftOut: number }>;
}

export interface EmailChannel {
  readonly channel: Channel;
  /** Closes connections to the mail server. */
  close(): void;
}

const HOUR_MS = 3_600_000;
const CONNECT_MS = 10_000;
const SOCKET_MS = 30_000;
const CONNECTIONS_MAX = 2;

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

  async function channel(delivery: ClaimedDelivery, nowMs: number): Promise<Sent> {
    const { endpointId, eventId, type, data, occurredAt, target } = delivery;
    const hour = await options.sent(endpointId, new Date(nowMs - HOUR_MS));
    if (hour.sent >= options.perHour) {
      return { status: 'dropped', error: `more than ${options.perHour} messages in an hour` };
    }
    const context = { ...(await options.names(delivery)), amount: options.amount };
    const letter = letterOf(type, data, occurredAt, { ...context, leftOut: hour.leftOut });
    try {
      const { response } = await transport.sendMail({
        ...letter,
        from: options.from,
        to: { name: '', address: target },
        // The same at each try: a mailbox may tell a second one from a first.
        messageId: `<${eventId}.${endpointId}@${domain}>`,
        headers: { 'auto-submitted': 'auto-generated' },
      });
      return { status: 'delivered', code: null, answer: response };
    } catch (error) {
      return failureOf(error);
    }
  }

  return { channel, close: () => transport.close() };
}

/** 5xx is the server's last word; anything else may pass. Nothing of the connection's URL is kept. */
function failureOf(error: unknown): Sent {
  if (!(error instanceof Error)) throw error;
  const code = 'responseCode' in error ? error.responseCode : undefined;
  if (typeof code === 'number') return refused(`SMTP ${code}`, { code, final: code >= 500 });
  const why = 'code' in error ? String(error.code) : error.name;
  return refused(`the mail server cannot be used (${why})`, { unreachable: true });
}
