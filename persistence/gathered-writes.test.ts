import { once } from 'node:events';
import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { gatherWrites } from './gathered-writes.ts';

let server: net.Server;
let socket: net.Socket;
let received = Buffer.alloc(0);
afterEach(() => {
  socket.destroy();
  server.close();
});

/** Counts what reaches the system: every write of one chunk, every one of several. */
async function connected(): Promise<{ calls: number }> {
  received = Buffer.alloc(0);
  server = net.createServer((peer) => {
    peer.on('data', (data) => {
      received = Buffer.concat([received, data]);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const count = { calls: 0 };
  const { _write: one, _writev: several } = socket;
  socket._write = (...args) => {
    count.calls += 1;
    one.apply(socket, args);
  };
  socket._writev = (...args) => {
    count.calls += 1;
    several?.apply(socket, args);
  };
  gatherWrites(socket);
  return count;
}

const arrived = (bytes: number) => expect.poll(() => received.length).toBe(bytes);

test('what is written in one turn, by several promises too, is one call; the next turn is another', async () => {
  const count = await connected();
  socket.write('a');
  await Promise.resolve();
  socket.write('b');
  await null;
  socket.write('c');
  await arrived(3);
  expect(count.calls).toBe(1);
  socket.write('d');
  await arrived(4);
  expect(count.calls).toBe(2);
  expect(received.toString()).toBe('abcd');
});

test('much does not wait', async () => {
  const count = await connected();
  socket.write('a');
  expect(count.calls).toBe(0);
  socket.write(Buffer.alloc(70_000));
  expect(count.calls).toBe(1);
  socket.write('b');
  await arrived(70_002);
  expect(received.at(-1)).toBe('b'.charCodeAt(0));
});

test('an end in the same turn comes after what was written', async () => {
  await connected();
  socket.write('a');
  socket.end('b');
  await arrived(2);
  expect(received.toString()).toBe('ab');
});
