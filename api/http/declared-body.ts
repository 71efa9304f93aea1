import type { IncomingMessage } from 'node:http';
import { cutOff } from './json-body.ts';

/**
 * The body of a request that declared its length, which is small; Node sees to it that no more of it
 * comes. Mostly all of it is there when it is asked for, and nothing has to be waited for. Who sent the
 * whole of it and went away before it was read is served, as Hono serves him.
 * @throws Problem invalid_request when the connection ended before the body did
 */
export async function declaredBody(incoming: IncomingMessage, bytes: number): Promise<Buffer> {
  if (!incoming.complete && !incoming.destroyed) return await arriving(incoming, bytes);
  return whole(incoming, [], bytes);
}

function arriving(incoming: IncomingMessage, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const ended = () => {
      try {
        resolve(whole(incoming, chunks, bytes));
      } catch (error) {
        reject(error);
      }
    };
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', ended);
    incoming.on('error', ended);
    incoming.on('close', () => incoming.readableEnded || ended());
  });
}

/** What was read, and what has come and was not. */
function whole(incoming: IncomingMessage, read: readonly Buffer[], bytes: number): Buffer {
  const rest: Buffer | null = incoming.complete ? incoming.read() : null;
  const body =
    read.length === 0 && rest !== null ? rest : Buffer.concat(rest ? [...read, rest] : read);
  if (body.length !== bytes) throw cutOff(incoming.errored);
  return body;
}
