// Sentinels that do not agree. Real ones agree again within a moment, so these are small servers that speak
// their protocol and say what the test wants.

import net from 'node:net';
import type { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { createConnection } from '../connection.ts';
import type { Member, Nodes } from './nodes.ts';
import { ASK_MS, openSentinels } from './sentinels.ts';

interface Said {
  /** `host:port` of the master it names; undefined: it knows none. */
  at: string | undefined;
  epoch: number | string;
  /** It takes connections and never answers. */
  silent?: boolean;
}

interface Sentinel {
  said: Said;
  readonly address: string;
  stop(): Promise<void>;
}

/** Whoever answers is heard, however long this process is held up. */
const PATIENT_MS = 30_000;

const OLD = '127.0.0.1:7001';
const NEW = '127.0.0.1:7002';

const running: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const list = (texts: readonly string[]) => `*${texts.length}\r\n${texts.map(bulk).join('')}`;

/** A request is a list of bulk strings; the client sends whole ones. */
function requestsIn(text: string): string[][] {
  const requests: string[][] = [];
  const lines = text.split('\r\n');
  for (let i = 0; lines[i]?.startsWith('*'); ) {
    const count = Number(lines[i]?.slice(1));
    requests.push(Array.from({ length: count }, (_, n) => lines[i + 2 + 2 * n] ?? ''));
    i += 1 + 2 * count;
  }
  return requests;
}

function answer([command = '', verb = '']: readonly string[], { at, epoch }: Said): string {
  if (/^info$/i.test(command)) return bulk('redis_version:7.0.15\r\nredis_mode:sentinel\r\n');
  if (!/^sentinel$/i.test(command)) return '+OK\r\n';
  if (at === undefined) return /get-master/i.test(verb) ? '*-1\r\n' : '-ERR No such master\r\n';
  const [host = '', port = ''] = at.split(':');
  if (/get-master/i.test(verb)) return list([host, port]);
  return list(['name', 'm', 'ip', host, 'port', port, 'config-epoch', String(epoch)]);
}

async function sentinel(said: Said): Promise<Sentinel> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (one.said.silent) return;
      for (const request of requestsIn(data.toString())) socket.write(answer(request, one.said));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const one: Sentinel = {
    said,
    address: `127.0.0.1:${port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  running.push(one);
  return one;
}

interface Opened extends Member {
  readonly redis: Redis;
}

/** Who is asked for the master; nothing is connected to it. */
async function follow(sentinels: readonly Sentinel[], askMs = PATIENT_MS) {
  const closed: string[] = [];
  const seeds = sentinels.map(({ address }) => address).join(',');
  const door = {
    open: (url: string) => ({ url, redis: createConnection(url) }),
    close: ({ url }: Opened) => void closed.push(url),
  };
  const nodes: Nodes<Opened> = await openSentinels<Opened>(`${seeds}/m`, door, askMs);
  running.push(nodes);
  return { nodes, closed, master: () => new URL(nodes.of(0).url).host };
}

/** Asked at once again, as the watch does. */
const looksAt = (master: () => string, nodes: Nodes<Opened>) =>
  expect.poll(async () => {
    await nodes.refresh();
    return master();
  });

const three = (...said: readonly [Said, Said, Said]) => Promise.all(said.map(sentinel));

test('one that knows of a newer master is believed before two that do not', async () => {
  const { master } = await follow(
    await three({ at: OLD, epoch: 4 }, { at: NEW, epoch: 5 }, { at: OLD, epoch: 4 }),
  );
  expect(master()).toBe(NEW);
});

test('what was known stands when those who knew it fall silent, or forget', async () => {
  const sentinels = await three(
    { at: OLD, epoch: 4 },
    { at: OLD, epoch: 4 },
    { at: NEW, epoch: 5 },
  );
  const { nodes, master, closed } = await follow(sentinels);
  const [, , newest] = sentinels;
  if (newest) newest.said = { at: undefined, epoch: 0 };
  for (let looks = 0; looks < 5; looks += 1) await nodes.refresh();
  expect(master()).toBe(NEW);
  if (newest) newest.said = { at: NEW, epoch: 5, silent: true };
  await nodes.refresh(); // Until the connection's own limit of a command.
  expect([master(), closed]).toEqual([NEW, []]);
});

test('all of them together are believed, also with a lower epoch: they were set up anew', async () => {
  const sentinels = await three(
    { at: OLD, epoch: 9 },
    { at: OLD, epoch: 9 },
    { at: OLD, epoch: 9 },
  );
  const { nodes, master, closed } = await follow(sentinels);
  for (const one of sentinels.slice(0, 2)) one.said = { at: NEW, epoch: 1 };
  for (let looks = 0; looks < 5; looks += 1) await nodes.refresh();
  expect(master()).toBe(OLD);
  for (const one of sentinels) one.said = { at: NEW, epoch: 1 };
  await looksAt(master, nodes).toBe(NEW);
  expect(closed).toEqual([`redis://${OLD}`]);
});

test('a newer master is followed however many still name the old one', async () => {
  const sentinels = await three(
    { at: OLD, epoch: 4 },
    { at: OLD, epoch: 4 },
    { at: OLD, epoch: 4 },
  );
  const { nodes, master } = await follow(sentinels);
  const [first] = sentinels;
  if (first) first.said = { at: NEW, epoch: 5 };
  await looksAt(master, nodes).toBe(NEW);
  if (first) first.said = { at: undefined, epoch: 0 };
  for (let looks = 0; looks < 5; looks += 1) await nodes.refresh();
  expect(master()).toBe(NEW);
});

test('one that takes connections and never answers does not keep the others from being heard', async () => {
  const sentinels = await three(
    { at: OLD, epoch: 4, silent: true },
    { at: NEW, epoch: 5 },
    { at: undefined, epoch: 0 },
  );
  const looks = 4;
  const startedMs = performance.now();
  const { nodes, master } = await follow(sentinels, ASK_MS);
  for (let look = 1; look < looks; look += 1) await nodes.refresh();
  const lookedMs = performance.now() - startedMs;
  await looksAt(master, nodes).toBe(NEW);
  // The connection's own limit of a command, each time, would be 20 s.
  expect(lookedMs).toBeLessThan(looks * 4_000);
});

test('nonsense is no answer; when nobody names a master that is an outage', async () => {
  const odd = await three(
    { at: OLD, epoch: 'soon' },
    { at: '127.0.0.1:0', epoch: 8 },
    { at: NEW, epoch: 2 },
  );
  const { master } = await follow(odd);
  expect(master()).toBe(NEW);
  const none = await three(
    { at: undefined, epoch: 0 },
    { at: undefined, epoch: 0 },
    { at: undefined, epoch: 0 },
  );
  await expect(follow(none)).rejects.toMatchObject({ code: 'redis_unreachable' });
});
