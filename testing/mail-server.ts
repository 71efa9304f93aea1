/** A real SMTP server that takes messages as a mail provider's would, and refuses when told to. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Mail {
  readonly to: string[];
  /** The message as it came, headers first. */
  readonly text: string;
}

export interface MailServer {
  readonly url: string;
  readonly mails: Mail[];
  /** Answers every recipient, or every sender, with this code from now on; undefined takes them again. */
  refuse(code: number | undefined, whom?: 'recipients' | 'senders'): void;
  /** What it says when it has taken a message. */
  says(text: string): void;
  /** Takes no message before this. */
  hold(until: Promise<void>): void;
  stop(): Promise<void>;
}

export async function mailServer(): Promise<MailServer> {
  const mails: Mail[] = [];
  const codes: { recipients?: number | undefined; senders?: number | undefined } = {};
  let held: Promise<void> = Promise.resolve();
  let thanks = 'OK';
  const answer = (code: number | undefined, done: (error?: Error) => void) =>
    code === undefined
      ? done()
      : done(Object.assign(new Error('refused by the test'), { responseCode: code }));
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onMailFrom: (_, __, done) => void held.then(() => answer(codes.senders, done)),
    onRcptTo: (_, __, done) => answer(codes.recipients, done),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(chunks).toString('utf8') });
        done(null, thanks);
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve());
  });
  // A client that goes away within a message: unheard, it would end the whole run.
  server.on('error', () => undefined);
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    refuse(code, whom = 'recipients') {
      codes[whom] = code;
    },
    says(text) {
      thanks = text;
    },
    hold(until) {
      held = until;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
