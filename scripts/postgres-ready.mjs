// Asks a Postgres server by the wire protocol whether it lets our user into a database: the only honest
// test of "ready", since a server in crash recovery already accepts sockets.

import net from 'node:net';

const PROTOCOL_3_0 = 196_608;
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * @param {number} port
 * @param {string} database also the name of the user
 * @returns {Promise<boolean>}
 */
export function letsUsIn(port, database) {
  const parameters = Buffer.from(`user\0${database}\0database\0${database}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(PROTOCOL_3_0, 4);
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' }, () => {
      socket.write(Buffer.concat([head, parameters]));
    });
    const finish = (/** @type {boolean} */ ready) => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish(false));
    socket.once('error', () => finish(false));
    // 'R' is an answer about authentication, 'E' an error such as "the database system is starting up".
    socket.once('data', (data) => finish(data.toString('latin1', 0, 1) === 'R'));
  });
}
