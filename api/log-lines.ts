import { type DestinationStream, pino } from 'pino';

/** Lines are written together; a write of its own for each request would cost as much as a script. */
const WRITE_CHARACTERS = 8 * 1024;
/** How long a line may wait for others. */
const WAIT_MS = 200;

/** Where pino writes, and what its `flush` calls. */
export interface LogLines extends DestinationStream {
  /** Writes what waits. `done` is called once it is written. */
  flush(done?: (error?: Error | null) => void): void;
}

let output: LogLines | undefined;

/** The one standard output of this process, however many logs write to it. */
export function standardOutput(): LogLines {
  output ??= gathered();
  return output;
}

/**
 * Lines are gathered here and not by pino's own destination, which looks at all that is
 * waiting whenever it is given a line. When the process ends, unless it is killed, what waits is written.
 */
function gathered(): LogLines {
  const file = pino.destination({ dest: 1, sync: false, minLength: 1 });
  let waiting = '';
  function handOver(): void {
    if (waiting === '') return;
    const text = waiting;
    waiting = '';
    file.write(text);
  }
  setInterval(handOver, WAIT_MS).unref();
  // Before the destination's own listener, which writes what it was given.
  process.prependListener('exit', handOver);
  return {
    write(line) {
      waiting += line;
      if (waiting.length >= WRITE_CHARACTERS) handOver();
    },
    flush(done) {
      handOver();
      file.flush(done);
    },
  };
}
