import type { Logger } from 'pino';
import type { ClockEvent } from '../../engine/index.ts';

const TOLD_EVERY_MS = 10_000;

/** All partitions of a master share its clock, and each tells of the same jump: the log says it once. */
export function createClockLog(log: Logger): (event: ClockEvent) => void {
  const toldAtMs = new Map<ClockEvent['kind'], number>();
  return (event) => {
    const nowMs = performance.now();
    if (nowMs - (toldAtMs.get(event.kind) ?? Number.NEGATIVE_INFINITY) < TOLD_EVERY_MS) return;
    toldAtMs.set(event.kind, nowMs);
    log.error({ ...event }, TEXTS[event.kind]);
  };
}

const TEXTS: Readonly<Record<ClockEvent['kind'], string>> = {
  jumped: "Redis' clock jumped; time goes on without it",
  set: 'time was set by the clocks of Postgres and of this machine',
  unproven: 'nobody can say what the time is: nothing comes due until Postgres can be asked',
};
