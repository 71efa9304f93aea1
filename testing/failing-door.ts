/**
 * A door on the loopback before a real server, that fails at the n-th request: before it is sent, or
 * after the server has executed it and before anybody hears of it. Product code knows nothing of it.
 *
 *   client ---- door ---- server        unsent:     the request stays here, both sides are cut
 *                                       unanswered: it goes through, then our side is ended; the server
 *                                                   works off what it has and closes; the client is cut
 *
 * `severed` is what a process that died looks like from the stores: nothing of it arrives any more.
 */
import net from 'node:net';
import type { Splitter } from './wire.ts';

export type Failure = 'unsent' | 'unanswered';

export interface FailingDoor {
  /** The server's URL, by this door. */
  readonly url: string;
  /**
   * Fails at the n-th request from now on, counted over all connections; 1 is the next one.
   * @param then done in the same moment, before anything else of the client can arrive
   */
  failAt(n: number, failure: Failure, then?: () => void): void;
  /** Fails no more. @returns whether it did */
  disarm(): boolean;
  /** Cuts every connection and takes no new ones, until `heal`. */
  sever(): void;
  heal(): void;
  /** Lets nothing of the clients through, as a server that stands still would, until `release`. */
  hold(): void;
  release(): void;
  stop(): Promise<void>;
}

interface Plan {
  left: number;
  readonly failure: Failure;
  readonly then: () => void;
}

/** @param frames splits one connection's requests */
export async function failingDoor(serverUrl: string, frames: () => Splitter): Promise<FailingDoor> {
  const target = new URL(serverUrl);
  const clients = new Set<net.Socket>();
  let plan: Plan | undefined;
  let failed = false;
  let severed = false;
  let held = false;

  /** What fails now, if this is the request that does. */
  function count(): Plan | undefined {
    if (plan === undefined) return undefined;
    plan.left -= 1;
    if (plan.left > 0) return undefined;
    const due = plan;
    plan = undefined;
    failed = true;
    return due;
  }

  const server = net.createServer((client) => {
    client.on('error', () => undefined);
    if (severed) {
      // Refused, not closed in peace: the driver of Postgres would try again at once and for ever.
      client.resetAndDestroy();
      return;
    }
    clients.add(client);
    client.once('close', () => clients.delete(client));
    pass(client, net.connect(Number(target.port), target.hostname), frames(), count);
    if (held) client.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  const cutAll = () => {
    for (const client of clients) client.destroy();
  };
  return {
    url: url.href,
    failAt(n, failure, then = () => undefined) {
      failed = false;
      plan = { left: n, failure, then };
    },
    disarm() {
      plan = undefined;
      return failed;
    },
    sever() {
      severed = true;
      cutAll();
    },
    heal() {
      severed = false;
    },
    hold() {
      held = true;
      for (const client of clients) client.pause();
    },
    release() {
      held = false;
      for (const client of clients) client.resume();
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}

/** One connection: what the client sends goes on frame by frame, what the server says as it comes. */
function pass(
  client: net.Socket,
  server: net.Socket,
  split: Splitter,
  count: () => Plan | undefined,
): void {
  let failing: Plan | undefined;
  let over = false;
  client.setNoDelay(true);
  server.setNoDelay(true);
  server.on('error', () => undefined);
  server.on('data', (data) => {
    // Once a request is to go unanswered, so does what was asked before it on this connection.
    if (failing === undefined) client.write(data);
  });
  server.once('close', () => client.destroy());
  client.once('close', () => {
    if (!over) server.destroy();
  });
  client.on('data', (data) => {
    for (const frame of split(data)) {
      if (over) return;
      if (frame.counts && failing === undefined) failing = count();
      if (failing?.failure === 'unsent') {
        over = true;
        server.destroy();
        failing.then();
        return;
      }
      server.write(frame.bytes);
      if (failing === undefined || !frame.completes) continue;
      over = true;
      server.end();
      failing.then();
    }
  });
}
