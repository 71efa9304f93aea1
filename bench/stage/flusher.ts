/** Starts flushers in processes of their own, and asks them how late they are. */
import { giveBack, nextMessage, takeProgram } from '../processes.ts';
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
  /** Rests, if it does not yet, and ends. */
  end(): Promise<FlusherReport>;
}

const ANSWER_MS = 120_000;

const PROGRAM = new URL('./flusher-worker.ts', import.meta.url);

/** A flusher that is ready, and waits to be started. */
export async function readyFlusher(stage: Stores): Promise<FlusherProcess> {
  const { redisUrl, databaseUrl, partitions, freshProcesses } = stage;
  const child = await takeProgram(PROGRAM);
  const ask = (order: FlusherOrder) => {
    const answer = nextMessage<FlusherReport>(child, 'the flusher', ANSWER_MS);
    child.send(order);
    return answer;
  };
  const end = async () => {
    const last = await ask('close');
    await giveBack(PROGRAM, child, freshProcesses);
    return last;
  };
  await ask({ open: { redisUrl, databaseUrl, partitions, freshProcesses } });
  return {
    pid: child.pid ?? 0,
    start: () => ask('start'),
    startHeld: () => ask('start held'),
    letGo: () => ask('let go'),
    report: () => ask('report'),
    rest: () => ask('stop'),
    end,
  };
}

export async function runningFlusher(stores: Stores): Promise<FlusherProcess> {
  const flusher = await readyFlusher(stores);
  await flusher.start();
  return flusher;
}
