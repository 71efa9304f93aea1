// Commands of one turn of the event loop leave in one write. Requests that arrive together would else cost a
// system call each, here and in Redis.

import type { Redis } from 'ioredis';

const gathering = new WeakSet<object>();

/** Holds back what is sent on this connection until the turn is over; call it before sending. */
export function gather({ stream }: Pick<Redis, 'stream'>): void {
  // There is none before the first connection, and a command then fails by itself.
  if (stream === undefined || stream === null || gathering.has(stream)) return;
  gathering.add(stream);
  stream.cork();
  setImmediate(() => {
    gathering.delete(stream);
    stream.uncork();
  });
}
