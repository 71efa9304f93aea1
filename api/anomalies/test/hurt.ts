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
  EVERY_ANOMALY,
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
  /** Done once, however often it was tried. May wait for what goes on by itself. */
  check(): Promise<void>;
}

export type MakeSubject = () => Promise<Subject>;

export interface Hurt {
  readonly way: Way;
  readonly process: TestProcess;
  /** Tries subjects with every n, from the first on by steps; answers how many requests failed. */
  fail(store: Store, make: MakeSubject, steps: Steps): Promise<number>;
  stop(): Promise<void>;
}

export interface HurtStage {
  readonly sound: TestApplication;
  readonly hurt: readonly Hurt[];
  stop(): Promise<void>;
}

/** Which requests fail: 1, 2, 3... by default. */
export interface Steps {
  readonly first: number;
  readonly by: number;
}
export const EACH: Steps = { first: 1, by: 1 };

/** Some twenty requests, each failing in each way, on a machine that is busy. */
export const TRY_ALL_MS = 600_000;
/** No flow asks its stores more often. */
const REQUESTS_MAX = 200;
export const PATIENT = { timeout: 60_000, interval: 20 };

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

/**
 * Every operation is one EVALSHA. What else is asked of Redis is about the connection itself, or about the clock:
 * that comes by itself, once a second, with the partition's own key alone.
 */
const isOperation = (command: string, keyCount: string) =>
  command === 'EVALSHA' && keyCount !== '1';

async function hurtProcess(
  sound: TestApplication,
  env: Record<string, string>,
  way: Way,
): Promise<Hurt> {
  const { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl } = sound.core.config;
  const doors: Record<Store, FailingDoor> = {
    redis: await failingDoor(redisUrl, () => redisFrames(isOperation)),
    postgres: await failingDoor(databaseUrl, postgresFrames),
  };
  const stores = { REDIS_URL: doors.redis.url, DATABASE_URL: doors.postgres.url };
  // The stores of a dead one stay away: what it waits for never comes.
  const waits = { RINGFENCE_LEDGER_WAIT_MS: '5000', RINGFENCE_CALL_RECORD_WAIT_MS: '250' };
  const process = await testProcess({ ...env, ...waits, ...stores }, { background: false });
  const dies = () => {
    for (const door of Object.values(doors)) door.sever();
  };

  async function ready(): Promise<void> {
    for (const door of Object.values(doors)) door.heal();
    await expect
      .poll(async () => (await process.request('GET', '/readyz')).status, PATIENT)
      .toBe(200);
  }

  /** @returns whether a request failed */
  async function once(store: Store, n: number, subject: Subject): Promise<boolean> {
    if (way === 'dead') doors[store].failAt(n, 'unanswered', dies);
    else doors[store].failAt(n, way);
    const done = await subject.act(process);
    const failed = doors[store].disarm();
    const next = way === 'dead' && failed ? sound : process;
    if (!done || next === sound) await expect.poll(() => subject.act(next), PATIENT).toBe(true);
    return failed;
  }

  return {
    way,
    process,
    async fail(store, make, { first, by }) {
      const subjects: Subject[] = [];
      let next = make();
      for (let n = first; n < REQUESTS_MAX; n += by) {
        const [subject] = await Promise.all([next, ready()]);
        // The next one is made meanwhile, by the sound process: no request of it is counted here.
        next = make();
        next.catch(() => undefined);
        subjects.push(subject);
        if (await once(store, n, subject)) continue;
        await Promise.all([...subjects.map((one) => one.check()), next]);
        return subjects.length - 1;
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
export function tryAll({ hurt }: HurtStage, store: Store, make: MakeSubject): Promise<number[]> {
  return Promise.all(hurt.map((one) => one.fail(store, make, EACH)));
}

/** The short form: each request fails in one of the ways, the next one in the next. */
export function tryInTurn({ hurt }: HurtStage, store: Store, make: MakeSubject): Promise<number[]> {
  const by = EVERY_ANOMALY ? 1 : WAYS.length;
  return Promise.all(
    hurt.map((one, i) => one.fail(store, make, { first: EVERY_ANOMALY ? 1 : 1 + i, by })),
  );
}

/** What a caller does first comes first; it goes on from where it had no answer. */
export function inOrder(...steps: Subject['act'][]): Subject['act'] {
  let done = 0;
  return async (process) => {
    for (const step of steps.slice(done)) {
      if (!(await step(process))) return false;
      done += 1;
    }
    return true;
  };
}

/** Whether the answer is the wanted one; an outage with Retry-After is the only other there may be. */
export function settled(answer: ApiAnswer, ...wanted: number[]): boolean {
  if (wanted.includes(answer.status)) return true;
  if (answer.status === 503 && answer.headers.has('retry-after')) return false;
  throw new Error(`${answer.status} instead of ${wanted}: ${answer.text}`);
}
