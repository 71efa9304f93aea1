/** One blow to Redis, and how long it takes until everybody is served again. */
import { setTimeout as pause } from 'node:timers/promises';
import { type GateEvent, type HoldRef, OutageError } from '../../engine/index.ts';
import { checkCall } from './acts.ts';
import type { Office } from './office.ts';
import type { Show } from './options.ts';

export interface Reopening {
  /** From the blow until Redis took connections again, with whatever it had. */
  readonly redisMs: number;
  /** How long each partition with live calls was shut, from the moment the gate noticed. */
  readonly liveShutMs: readonly number[];
  /** The same, of the partition that was shut the longest. */
  readonly allShutMs: number;
  /**
   * By partition with live calls: from Redis' return until a status check of one of its calls was
   * answered by every process.
   */
  readonly answeredMs: readonly number[];
  /** Wallets and holds that were put back. */
  readonly restored: number;
}

const ASK_AGAIN_MS = 10;
const PATIENCE_MS = 300_000;

/**
 * @param calls one live call of each partition that has any
 * @param blow strikes; returns when Redis takes connections again
 */
export async function reopen(
  offices: readonly Office[],
  calls: readonly HoldRef[],
  blow: () => Promise<void>,
  show: Show,
): Promise<Reopening> {
  for (const office of offices) office.heard();
  const struckAtMs = performance.now();
  await blow();
  const backAtMs = performance.now();
  const told = setInterval(() => tell(offices, show), 100);
  try {
    const answered = await Promise.all(
      calls.map(async (call) => {
        await Promise.all(offices.map((office) => untilAnswered(office, call, backAtMs)));
        return performance.now() - backAtMs;
      }),
    );
    await Promise.all(offices.map(({ engine }) => engine.opened()));
    tell(offices, show);
    const done = offices.flatMap((office) => office.heard()).flatMap(partitionOf);
    const live = new Set(calls.map(({ partition }) => partition));
    return {
      redisMs: backAtMs - struckAtMs,
      liveShutMs: done
        .filter(({ result }) => live.has(result.partition))
        .map(({ shutMs }) => shutMs),
      allShutMs: Math.max(0, ...done.map(({ shutMs }) => shutMs)),
      answeredMs: answered,
      restored: done.reduce((sum, { result }) => sum + result.restored, 0),
    };
  } finally {
    clearInterval(told);
  }
}

type Partition = Extract<GateEvent, { kind: 'partition' }>;

function partitionOf(event: GateEvent): Partition[] {
  return event.kind === 'partition' ? [event] : [];
}

function tell(offices: readonly Office[], show: Show): void {
  for (const { engine } of offices) {
    const { progress } = engine.status();
    if (progress) show(progress.done, progress.of, `${progress.done} of ${progress.of} open`);
  }
}

async function untilAnswered({ engine }: Office, call: HoldRef, fromMs: number): Promise<void> {
  for (;;) {
    try {
      return await checkCall(engine, call);
    } catch (error) {
      if (!(error instanceof OutageError)) throw error;
      if (performance.now() - fromMs > PATIENCE_MS) throw error;
      await pause(ASK_AGAIN_MS);
    }
  }
}
