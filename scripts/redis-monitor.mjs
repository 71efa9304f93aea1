/**
 * MONITOR over a connection of its own. The client library takes commands that come in one piece with the
 * answer to MONITOR for answers of its own, and ends the process; on a busy Redis they do.
 */
import { once } from 'node:events';
import net from 'node:net';

const LINE = /^\+[\d.]+ \[\d+ ([^\]]+)\] (.*)$/s;
const ARGUMENT = /"((?:[^"\\]|\\.)*)"/gs;
const ESCAPE = /\\(x[0-9a-f]{2}|.)/gs;
/** @type {Readonly<Record<string, string>>} */
const NAMED = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };

/**
 * @param {string} url of a Redis without a password
 * @param {(args: string[], source: string) => void} onCommand source: the client's address, or `lua`
 * @returns {Promise<() => void>} once Redis tells of every command; how to stop it
 */
export async function monitorRedis(url, onCommand) {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.setEncoding('latin1');
  let rest = '';
  const begun = new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('MONITOR ended')));
    socket.on('data', (/** @type {string} */ text) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '+OK') resolve(undefined);
        const [, source = '', args = ''] = LINE.exec(line) ?? [];
        if (source !== '') onCommand(argumentsOf(args), source.split(' ').at(-1) ?? '');
      }
    });
  });
  begun.catch(() => undefined);
  socket.write('MONITOR\r\n');
  await begun;
  return () => void socket.destroy();
}

/** @param {string} text */
function argumentsOf(text) {
  return [...text.matchAll(ARGUMENT)].map(([, quoted = '']) => {
    const bytes = quoted.replace(ESCAPE, (_, code) =>
      code.length === 3
        ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
        : (NAMED[code] ?? code),
    );
    return Buffer.from(bytes, 'latin1').toString('utf8');
  });
}
