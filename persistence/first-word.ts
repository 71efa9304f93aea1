/**
 * A server that takes a connection and closes it without a word: a proxy whose Postgres is away does
 * that. The driver would open the next one at once and for ever, and the query would wait as long. So
 * an end before the first byte is an error of the connection, as if it had been refused.
 */
import net from 'node:net';
import { gatherWrites } from './gathered-writes.ts';

interface Target {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false | undefined;
}

/** The driver's `socket` option for a single server; of several it has to choose itself. */
export function socketTo({ host, port, path }: Target): net.Socket {
  const [name = 'localhost'] = host;
  const socket = path ? net.connect(path) : net.connect(port[0] ?? 5432, name);
  socket.once('close', (failed) => {
    if (failed || socket.bytesRead > 0) return;
    const message = 'the server closed the connection before it said anything';
    socket.emit('error', Object.assign(new Error(message), { code: 'ECONNRESET' }));
  });
  // Where TLS looks for the server's name.
  return Object.assign(gatherWrites(socket), { host: name });
}

export function isOneServer(databaseUrl: string): boolean {
  return !/^[^/?]*\/\/[^/?]*,/.test(databaseUrl);
}
