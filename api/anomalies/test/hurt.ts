/**
 * Two processes on the same stores: a sound one that works by itself, and one whose way to Redis and
 * Postgres fails at the n-th request. Each flow is tried with every n, until it passes untouched.
 *
 *   unsent      the connection is cut before the request is sent
 *   unanswered  Redis or Postgres has done what was asked, and the answer is lost
 *   dead        the process dies there: nothing of it arrives any more, the sound one goes on
 */
import { expect } from 'vitest';
import {
  type FailingDoor,
  failingDoor,
  postgresFrames,
  redisFrames,
} from '../../../testing/services.ts';
import { type TestApplication, testApplication } from '../../test/application.ts';
import { type ApiAnswer, type TestProcess, testProcess } from '../../test/process.ts';

export const WAYS = ['unsent', 'unanswered', 'dead'] as const;
export type Way = (typeof WAYS)[number];
export const STORES = ['redis', 'postgres'] as const;
export type Store = (typeof STORES)[number];

/** One thing to be done, anew for each n. */
export interface Subject {
  /** What a caller does: false when it has to do it again. @throws on any answer that is no outage */
  act(process: TestProcess): Promise<boolean>;
  /** Done once, however often it was tried. */
  check(): Promise<void>;
}

export interface Hurt {
  readonly way: Way;
  readonly process: TestProcess;
  /** Tries the subjects with every n; answers how many requests failed. */
  fail(store: Store, subject: () => Promise<Subject>): Promise<number>;
  stop(): Promise<void>;
}

export interface HurtStage {
  readonly sound: TestApplication;
  readonly hurt: readonly Hurt[];
  stop(): Promise<void>;
}

/** Some twenty requests, each failing in each way, on a machine that is busy. */
export const TRY_ALL_MS = 180_000;
/** No flow asks its stores more often. */
const REQUESTS_MAX = 100;
export const PATIENT = { timeout: 20_000, interval: 20 };

export async function hurtStage(env: Record<string, string> = {}): Promise<HurtStage> {
  const sound = await testApplication(env);
  const hurt = await Promise.all(WAYS.map((way) => hurtProcess(sound, env, way)));
  return {
    sound,
    hurt,
    async stop() {
      await Promise.all(hurt.map((one) => one.stop()));
      await sound.stop();
    },
  };
}

async function hurtProcess(
  sound: TestApplication,
  env: Record<string, string>,
  way: Way,
): Promise<Hurt> {
  const { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl } = sound.core.config;
  const doors: Record<Store, FailingDoor> = {
    // Every operation is one EVALSHA; what else is asked of Redis is about the connection itself.
    redis: await failingDoor(redisUrl, () => redisFrames((command) => command === 'EVALSHA')),
    postgres: await failingDoor(databaseUrl, postgresFrames),
  };
  const stores = { REDIS_URL: doors.redis.url, DATABASE_URL: doors.postgres.url };
  const process = await testProcess({ ...env, ...stores }, { background: false });
  const dies = () => {
    for (const door of Object.values(doors)) door.sever();
  };

  async function ready(): Promise<void> {
    for (const door of Object.values(doors)) door.heal();
    await expect
      .poll(async () => (await process.request('GET', '/readyz')).status, PATIENT)
      .toBe(200);
  }

  async function once(store: Store, n: number, subject: Subject): Promise<boolean> {
    if (way === 'dead') doors[store].failAt(n, 'unanswered', dies);
    else doors[store].failAt(n, way);
    const done = await subject.act(process);
    const failed = doors[store].disarm();
    const next = way === 'dead' && failed ? sound : process;
    if (!done || next === sound) await expect.poll(() => subject.act(next), PATIENT).toBe(true);
    await subject.check();
    return failed;
  }

  return {
    way,
    process,
    async fail(store, subject) {
      for (let n = 1; n < REQUESTS_MAX; n += 1) {
        await ready();
        if (!(await once(store, n, await subject()))) return n - 1;
      }
      throw new Error(`${REQUESTS_MAX} requests and no end`);
    },
    async stop() {
      for (const door of Object.values(doors)) door.heal();
      await process.stop();
      await Promise.all(Object.values(doors).map((door) => door.stop()));
    },
  };
}

/** All ways at once; answers how many requests failed in each. */
export function tryAll(
  { hurt }: HurtStage,
  store: Store,
  subject: () => Promise<Subject>,
): Promise<number[]> {
  return Promise.all(hurt.map((one) => one.fail(store, subject)));
}

/** Whether the answer is the wanted one; an outage with Retry-After is the only other there may be. */
export function settled(answer: ApiAnswer, wanted: number): boolean {
  if (answer.status === wanted) return true;
  if (answer.status === 503 && answer.headers.has('retry-after')) return false;
  throw new Error(`${answer.status} instead of ${wanted}: ${answer.text}`);
}
