/**
 * A door before a server that counts round trips: one begins with what a client sends after the server
 * has spoken. What is sent together is one, over however many connections and in however many requests.
 */
import { once } from 'node:events';
import net from 'node:net';

export interface Counter {
  /** The server's URL, by this door. */
  readonly url: string;
  /** Round trips so far. */
  turns(): number;
  stop(): void;
}

export async function openCounter(serverUrl: string): Promise<Counter> {
  const target = new URL(serverUrl);
  const sockets = new Set<net.Socket>();
  let turns = 0;
  let answered = true;
  const door = net.createServer((client) => {
    const server = net.connect(Number(target.port), target.hostname);
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (bytes) => {
      if (answered) turns += 1;
      answered = false;
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      answered = true;
      client.write(bytes);
    });
    for (const [own, other] of [[client, server] as const, [server, client] as const]) {
      sockets.add(own);
      own.on('error', () => undefined);
      own.on('close', () => {
        sockets.delete(own);
        other.destroy();
      });
    }
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const url = new URL(serverUrl);
  url.port = `${(door.address() as net.AddressInfo).port}`;
  url.hostname = '127.0.0.1';
  return {
    url: url.href,
    turns: () => turns,
    stop() {
      door.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
