/** Starts flushers in processes of their own, and asks them how late they are. */
import { endProgram, nextMessage, startProgram } from '../processes.ts';
import type { FlusherOrder, FlusherReport } from './flusher-worker.ts';
import type { Stores } from './stage.ts';

export interface FlusherProcess {
  readonly pid: number;
  /** Begins to flush. */
  start(): Promise<FlusherReport>;
  /** Takes its leases, and flushes nothing until it is let go. */
  startHeld(): Promise<FlusherReport>;
  letGo(): Promise<FlusherReport>;
  /** What it did since it was last asked. */
  report(): Promise<FlusherReport>;
  /** Commits what is in the journals and gives the leases back; it may be started again. */
  rest(): Promise<FlusherReport>;
  /** Ends the process, at rest or not. */
  end(): Promise<void>;
  /** Rests, then ends. */
  stop(): Promise<FlusherReport>;
}

const ANSWER_MS = 120_000;

/** A flusher that is ready, and waits to be started. */
export async function readyFlusher(stores: Stores): Promise<FlusherProcess> {
  const child = startProgram(new URL('./flusher-worker.ts', import.meta.url), {
    BENCH_REDIS: stores.redisUrl,
    BENCH_DATABASE: stores.databaseUrl,
    BENCH_PARTITIONS: String(stores.partitions),
  });
  const hear = () => nextMessage<FlusherReport>(child, 'the flusher', ANSWER_MS);
  const ask = (order: FlusherOrder) => {
    const answer = hear();
    child.send(order);
    return answer;
  };
  await hear();
  return {
    pid: child.pid ?? 0,
    start: () => ask('start'),
    startHeld: () => ask('start held'),
    letGo: () => ask('let go'),
    report: () => ask('report'),
    rest: () => ask('stop'),
    end: () => endProgram(child),
    async stop() {
      const last = await ask('stop');
      await endProgram(child);
      return last;
    },
  };
}

export async function runningFlusher(stores: Stores): Promise<FlusherProcess> {
  const flusher = await readyFlusher(stores);
  await flusher.start();
  return flusher;
}
