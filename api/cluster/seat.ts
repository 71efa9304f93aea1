/**
 * A seat is a place for one worker at a time: when a worker dies, another is put there. The first one
 * has to come up; of those after it one that dies at once is followed by the next ever more slowly.
 */
import type { Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { isOurs, type ToPrimary, type ToWorker } from './messages.ts';

export type WorkerRole = 'api' | 'flusher' | 'enforcer';

const WAIT_LEAST_MS = 100;
const WAIT_MOST_MS = 10_000;
/** A worker that has lived so long did not die of its start. */
const SETTLED_MS = 30_000;
/** How long a worker that was told to stop may take: requests, journal, connections. */
const STOP_MS = 16_000;

export interface Seat {
  readonly role: WorkerRole;
  /** Resolves to where the first worker listens. @throws Error why it cannot */
  readonly ready: Promise<string>;
  /** Ends the worker that sits here and lets no other follow. */
  stop(): Promise<void>;
}

export interface SeatOptions {
  readonly role: WorkerRole;
  /** Its first worker greets the developer. */
  readonly banner: boolean;
  readonly fork: () => Worker;
  readonly log: Logger;
}

export function takeSeat({ role, banner, fork, log }: SeatOptions): Seat {
  let worker: Worker;
  let stopping = false;
  let deaths = 0;
  let settle: { ready(url: string): void; failed(error: Error): void };
  const ready = new Promise<string>((resolve, reject) => {
    settle = { ready: resolve, failed: reject };
  });
  let timer: NodeJS.Timeout | undefined;

  function sit(greets: boolean): void {
    const startedMs = performance.now();
    const sitting = fork();
    worker = sitting;
    const { pid } = sitting.process;
    log.info({ role, pid }, 'worker started');
    sitting.on('error', (err) => log.warn({ role, pid, err }, 'a worker cannot be told'));
    sitting.on('message', (message: unknown) => {
      if (!isOurs<ToPrimary>(message)) return;
      if (message.ringfence === 'here') {
        send(sitting, stopping ? { ringfence: 'stop' } : { ringfence: 'start', banner: greets });
      }
      if (message.ringfence === 'ready') settle.ready(message.url);
      if (message.ringfence === 'failed') settle.failed(new Error(message.message));
    });
    sitting.once('exit', (code, signal) => {
      settle.failed(new Error(`a worker (${role}) ended before it was ready`));
      if (stopping) return;
      deaths = performance.now() - startedMs > SETTLED_MS ? 0 : deaths + 1;
      const waitMs = Math.min(WAIT_MOST_MS, WAIT_LEAST_MS * 2 ** deaths);
      log.error({ role, pid, code, signal, waitMs }, 'a worker died; another takes its place');
      timer = setTimeout(() => sit(false), waitMs);
    });
  }

  sit(banner);
  return {
    role,
    ready,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await ended(worker);
    },
  };
}

export function send(worker: Worker, message: ToWorker): void {
  // One that died meanwhile is told nothing; its end is heard by itself.
  if (worker.isConnected()) worker.send(message, () => undefined);
}

async function ended(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  send(worker, { ringfence: 'stop' });
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}
