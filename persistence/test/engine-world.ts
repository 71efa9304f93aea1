/** A real engine on a real Redis over a real ledger; flushers are started by the tests. */
import {
  type AuthorizeInput,
  callHoldId,
  createEngine,
  type Engine,
  type GateEvent,
  newId,
  OutageError,
  type Price,
} from '../../engine/index.ts';
import { type TestRedis, testRedis } from '../../testing/services.ts';
import { connect } from '../connect.ts';
import type { FlusherEvents } from '../flusher/events.ts';
import { type FlusherInput, startFlusher } from '../flusher/loop.ts';
import { createLedgerSource } from '../ledger-source.ts';
import { createRecoverySource } from '../recovery-source.ts';
import type { Difference } from '../verify/difference.ts';
import { verify } from '../verify/verify.ts';
import { CHAIN_KEY, type LedgerWorld, ledgerWorld } from './ledger-world.ts';

export const PARTITIONS = 4;

const PER_SECOND: Price = {
  rateMicrosPerMinute: 60_000,
  initialMs: 1_000,
  subsequentMs: 1_000,
  connectionFeeMicros: 0,
  minimumMicros: 0,
};
const POLICY = {
  minimumMs: 60_000,
  quantumMs: 75_000,
  warnMs: 30_000,
  leadMs: 3_000,
  ringMs: 120_000,
  heartbeatMs: 300_000,
  endMessageMs: 0,
};

export interface EngineWorld extends LedgerWorld {
  redis: TestRedis;
  engine: Engine;
  /** What the gate has told so far. */
  gate: GateEvent[];
  deposit(partition: number, walletId: string, amountMicros: number, key: string): Promise<void>;
  /** Opens a call over the wallets, charges `seconds` of it when it ends; 0 leaves it open. */
  call(partition: number, walletIds: string[], callId: string, seconds: number): Promise<void>;
  /** Ends a call that was left open. */
  endCall(partition: number, callId: string, seconds: number): Promise<void>;
  flusher(owner: string, more?: Partial<FlusherInput>): ReturnType<typeof startFlusher>;
  /** Resolves when everything in the journals is committed. */
  flushed(): Promise<void>;
  verify(): Promise<Difference[]>;
}

/** @param start starts another Redis than the usual one, a cluster for instance */
export async function engineWorld(
  start: () => Promise<TestRedis> = testRedis,
): Promise<EngineWorld> {
  const [world, redis] = await Promise.all([ledgerWorld(), start()]);
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    await world.sql`INSERT INTO journal_cursors (partition) VALUES (${partition})`;
  }
  const openLock = () => connect(world.url, { max: 1, applicationName: 'lock' });
  const gate: GateEvent[] = [];
  const engine = await createEngine({
    redisUrl: redis.url,
    partitions: PARTITIONS,
    ledger: createLedgerSource(world.sql),
    recovery: createRecoverySource(world.sql, CHAIN_KEY, openLock),
    onGate: (event) => void gate.push(event),
  });
  await engine.opened();
  const { organizationId, sql } = world;
  const scope = { scope: organizationId, fingerprint: 'f' };
  return {
    ...world,
    redis,
    engine,
    gate,
    async deposit(partition, walletId, amountMicros, key) {
      const request = { ...scope, kind: 'request' as const, key };
      const answer = await engine.credit({
        partition,
        request,
        organizationId,
        walletId,
        kind: 'deposit',
        amountMicros,
      });
      if (answer.status !== 'done') throw new Error(`deposit: ${answer.status}`);
    },
    call: (partition, walletIds, callId, seconds) =>
      makeCall(engine, organizationId, partition, walletIds, callId, seconds),
    endCall: (partition, callId, seconds) =>
      endCall(engine, partition, callHoldId(organizationId, callId), seconds),
    flusher: (owner, more = {}) =>
      startFlusher({
        sql,
        journal: engine.journal,
        chainKey: CHAIN_KEY,
        owner,
        ...more,
        settings: { blockMs: 20, retryMaxMs: 100, ...more.settings },
      }),
    flushed: () => untilFlushed(world, engine),
    async verify() {
      const found: Difference[] = [];
      for await (const difference of verify({ sql, chainKey: CHAIN_KEY, redis: engine })) {
        found.push(difference);
      }
      return found;
    },
    async stop() {
      await engine.stop();
      await redis.stop();
      await world.stop();
    },
  };
}

/** How a call over these wallets is authorized; the first is the client's. */
export function callInput(
  organizationId: string,
  partition: number,
  walletIds: string[],
  callId: string,
): AuthorizeInput {
  return {
    partition,
    request: { kind: 'call', scope: organizationId, key: callId, fingerprint: 'f' },
    holdId: callHoldId(organizationId, callId),
    organizationId,
    kind: 'call',
    callId,
    hasProvider: false,
    ttlMs: 0,
    maxDurationMs: 3_600_000,
    capFloorMs: 0,
    policy: POLICY,
    unbilled: false,
    legs: walletIds.map((walletId, index) => ({
      walletId,
      role: index === 0 ? 'client' : 'agency',
      amountMicros: 0,
      price: PER_SECOND,
    })),
  };
}

async function makeCall(
  engine: Engine,
  organizationId: string,
  partition: number,
  walletIds: string[],
  callId: string,
  seconds: number,
): Promise<void> {
  const input = callInput(organizationId, partition, walletIds, callId);
  const { holdId } = input;
  const opened = await engine.authorize(input);
  if (opened.status !== 'done') throw new Error(`authorize: ${opened.status}`);
  await engine.start({ partition, holdId });
  if (seconds > 0) await endCall(engine, partition, holdId, seconds);
}

async function endCall(
  engine: Engine,
  partition: number,
  holdId: string,
  seconds: number,
): Promise<void> {
  const ended = await engine.capture({
    partition,
    holdId,
    durationMs: seconds * 1_000,
    evidence: 3,
    outcome: 'completed',
  });
  if (ended.status !== 'done') throw new Error(`capture: ${ended.status}`);
}

/** Deposits one micro, and again under the same key as long as the answer is an outage. */
export async function depositAgain(
  world: EngineWorld,
  partition: number,
  walletId: string,
  timeoutMs: number,
): Promise<void> {
  const key = newId('req');
  await untilNoOutage(() => world.deposit(partition, walletId, 1, key), timeoutMs);
}

/** Does it again as long as the answer is an outage. */
export async function untilNoOutage<T>(work: () => Promise<T>, timeoutMs?: number): Promise<T> {
  const done: T[] = [];
  await until(async () => {
    try {
      done.push(await work());
      return true;
    } catch (error) {
      if (error instanceof OutageError) return false;
      throw error;
    }
  }, timeoutMs);
  return done[0] as T;
}

/** Waits for a condition, never for a time. */
export async function until(condition: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const limit = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error('the condition did not come about in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A master that is being replaced cannot be asked at this moment. */
async function untilFlushed({ sql }: LedgerWorld, engine: Engine): Promise<void> {
  await until(async () => {
    const cursors = await sql<{ partition: number; streamId: string }[]>`
      SELECT partition, stream_id AS "streamId" FROM journal_cursors`;
    const rest = await untilNoOutage(() =>
      Promise.all(
        cursors.map((at) => engine.journal.range(at.partition, `(${at.streamId}`, '+', 1)),
      ),
    );
    return rest.every((items) => items.length === 0);
  });
}

/** The events of a flusher, counted. */
export function counted(): FlusherEvents & { rows: number; troubles: number; quarantine: number } {
  const counts = {
    rows: 0,
    troubles: 0,
    quarantine: 0,
    batch: (figures: { rows: number }) => {
      counts.rows += figures.rows;
    },
    quarantined: () => {
      counts.quarantine += 1;
    },
    trouble: (error: unknown) => {
      if (error !== undefined) counts.troubles += 1;
    },
  };
  return counts;
}
