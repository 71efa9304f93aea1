// Asks a Redis over a bare socket whether it serves, and which process it is: on a port that was taken in the
// last moment another one answers.

import net from 'node:net';

const ANSWER_TIMEOUT_MS = 5_000;

/**
 * True once the process has loaded its data and serves on the port.
 * @param {number} port
 * @param {number | undefined} pid
 * @returns {Promise<boolean>}
 */
export function servesAs(port, pid) {
  return new Promise((resolve) => {
    // A loading server tells its INFO, and answers PING with an error.
    const socket = net.connect({ port, host: '127.0.0.1' }, () =>
      socket.write('INFO server\r\nPING\r\n'),
    );
    let said = '';
    const finish = (/** @type {boolean} */ ready) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.on('data', (data) => {
      said += data.toString('latin1');
      if (/\r\n\r\n-|^-/.test(said)) finish(false);
      else if (said.endsWith('+PONG\r\n')) finish(said.includes(`\r\nprocess_id:${pid}\r\n`));
    });
  });
}
