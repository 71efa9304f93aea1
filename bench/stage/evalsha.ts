/** What the engine really sends, and what Redis says its scripts cost. */
import { waitUntil } from '../../scripts/processes.mjs';
import { monitorRedis } from '../../scripts/redis-monitor.mjs';
import type { Connection, Stage } from './stage.ts';

/** The arguments of one EVALSHA after the command's name: sha, number of keys, keys, arguments. */
export type SentArguments = readonly string[];

const HEARD_MS = 60_000;

/** The EVALSHA that `work` makes the engine send. @throws Error unless it is exactly one */
export async function recordSent(
  { redis, redisUrl }: Pick<Stage, 'redis' | 'redisUrl'>,
  work: () => Promise<unknown>,
): Promise<SentArguments> {
  const sent: string[][] = [];
  let heard = false;
  const stop = await monitorRedis(redisUrl, ([command = '', ...rest]) => {
    // With one key alone it is a look at the clock, once a second for each partition.
    if (command.toLowerCase() === 'evalsha' && rest[1] !== '1') sent.push(rest);
    if (command.toLowerCase() === 'echo') heard = true;
  });
  try {
    await work();
    await redis.echo('recorded'); // What was sent before it has been heard when it is heard.
    if (!(await waitUntil(() => heard, HEARD_MS, 1))) throw new Error('MONITOR is silent');
  } finally {
    stop();
  }
  const [only] = sent;
  if (only === undefined || sent.length !== 1) {
    throw new Error(`an operation sent ${sent.length} scripts instead of one`);
  }
  return only;
}

export interface ScriptCost {
  readonly calls: number;
  readonly us: number;
}

/** CPU of all EVALSHA calls that `work` causes, on Redis' own account. */
export async function costOf(redis: Connection, work: () => Promise<unknown>): Promise<ScriptCost> {
  await redis.config('RESETSTAT');
  await work();
  const info = await redis.info('commandstats');
  const [, calls, us] = /^cmdstat_evalsha:calls=(\d+),usec=(\d+)/m.exec(info) ?? [];
  return { calls: Number(calls ?? 0), us: Number(us ?? 0) };
}
