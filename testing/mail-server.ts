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
  /** Answers every recipient with this code from now on; undefined takes them again. */
  refuse(code: number | undefined): void;
  stop(): Promise<void>;
}

export async function mailServer(): Promise<MailServer> {
  const mails: Mail[] = [];
  let code: number | undefined;
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo(_, __, done) {
      if (code === undefined) done();
      else done(Object.assign(new Error('refused by the test'), { responseCode: code }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(chunks).toString('utf8') });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    refuse(next) {
      code = next;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
