import net from 'node:net';

export interface SilentDoor {
  /** The server's URL, by this door. */
  readonly url: string;
  /**
   * The connections that there are say and hear nothing any more, and stay open: what a network looks like that
   * dropped their state. New ones pass, unless `all` is lost.
   */
  silence(all?: boolean): void;
  /** New connections pass again; those that went silent stay so. */
  heal(): void;
  stop(): Promise<void>;
}

/** A door on the loopback before a real server. */
export async function silentDoor(serverUrl: string): Promise<SilentDoor> {
  const target = new URL(serverUrl);
  const sockets = new Set<net.Socket>();
  let silenced = new Set<net.Socket>();
  let swallows = false;
  const keep = (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    if (swallows) silenced.add(socket);
  };
  const pass = (from: net.Socket, to: net.Socket) => {
    from.on('data', (data) => {
      if (!silenced.has(from)) to.write(data);
    });
    from.once('close', () => {
      if (!silenced.has(from)) to.destroy();
    });
  };
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) keep(socket);
    pass(client, upstream);
    pass(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  return {
    url: url.href,
    silence(all = false) {
      swallows = all;
      silenced = new Set(sockets);
    },
    heal() {
      swallows = false;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
