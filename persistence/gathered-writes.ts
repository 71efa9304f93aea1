/**
 * Statements that are sent without waiting for one another go out in one system call. The driver writes
 * each larger one by itself, and on a small batch those calls cost more than what is in them.
 */
import type net from 'node:net';

/** With so many bytes waiting they go at once: the server then works on them while more are made. */
const ENOUGH_BYTES = 64 * 1024;

/** What is written to the socket from now on waits for the end of the turn of the event loop. */
export function gatherWrites<S extends net.Socket>(socket: S): S {
  const write = socket.write;
  let isGathering = false;
  const letGo = () => {
    isGathering = false;
    socket.uncork();
  };
  const gathered = (...args: Parameters<typeof write>) => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      // After all promises that are settled by now, so after all statements they send.
      process.nextTick(letGo);
    }
    const hasRoom = write.apply(socket, args);
    if (socket.writableLength >= ENOUGH_BYTES) socket.uncork();
    return hasRoom;
  };
  socket.write = gathered as typeof write;
  return socket;
}
