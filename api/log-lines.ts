import { writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** Lines are written together; a write of its own for each request would cost as much as a script. */
const WRITE_CHARACTERS = 8 * 1024;
/** How long a line may wait for others. */
const WAIT_MS = 200;
/** While there is no room for more, because nobody reads, this often it is tried again. */
const RETRY_MS = 20;
/** How long a process that ends waits for room. */
const EXIT_MS = 5_000;

const STDOUT = 1;

/** Where pino writes, and what its `flush` calls. */
export interface LogLines extends DestinationStream {
  /** Writes what waits. `done` is called once it is written. */
  flush(done?: () => void): void;
}

let output: LogLines | undefined;

/** The one standard output of this process, however many logs write to it. */
export function standardOutput(): LogLines {
  output ??= gathered();
  return output;
}

/**
 * Lines are gathered here and written by this thread: what another one has in hand when the process ends comes
 * after what is written at the end, or never. A reader who stands still stops nothing: there is no room
 * then, and the lines wait. When the process ends, unless it is killed, what waits is written.
 */
function gathered(): LogLines {
  // Node makes a pipe or a socket one that refuses what it has no room for, when it is first asked for.
  void process.stdout;
  let waiting = '';
  let left: Buffer[] = [];
  let told: (() => void)[] = [];
  let retry: NodeJS.Timeout | undefined;

  /** Whole lines and not many: workers that share a pipe do not write into each other's then. */
  function gather(): void {
    if (waiting !== '') left.push(Buffer.from(waiting));
    waiting = '';
  }

  /** True when all of it is written, or nobody is there who could ever read it. */
  function written(): boolean {
    try {
      for (let [next] = left; next !== undefined; [next] = left) {
        const bytes = writeSync(STDOUT, next);
        if (bytes < next.length) left[0] = next.subarray(bytes);
        else left.shift();
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false;
      left = [];
    }
    return true;
  }

  function handOver(): void {
    gather();
    if (retry !== undefined) return;
    if (!written()) {
      retry = setTimeout(again, RETRY_MS);
      return;
    }
    const done = told;
    told = [];
    for (const tell of done) tell();
  }

  function again(): void {
    retry = undefined;
    handOver();
  }

  setInterval(handOver, WAIT_MS).unref();
  process.prependListener('exit', () => {
    gather();
    const untilMs = performance.now() + EXIT_MS;
    while (!written() && performance.now() < untilMs) standStill(RETRY_MS);
  });
  return {
    write(line) {
      waiting += line;
      if (waiting.length >= WRITE_CHARACTERS) handOver();
    },
    flush(done) {
      if (done !== undefined) told.push(done);
      handOver();
    },
  };
}

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
