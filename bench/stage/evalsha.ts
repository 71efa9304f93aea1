/** What the engine really sends, and what Redis says its scripts cost. */
import type { Connection } from './stage.ts';

/** The arguments of one EVALSHA after the command's name: sha, number of keys, keys, arguments. */
export type SentArguments = readonly string[];

const HEARD_MS = 5_000;

/** The EVALSHA that `work` makes the engine send. @throws Error unless it is exactly one */
export async function recordSent(
  redis: Connection,
  work: () => Promise<unknown>,
): Promise<SentArguments> {
  const monitor = await redis.monitor();
  const sent: string[][] = [];
  const heard = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('MONITOR is silent')), HEARD_MS);
    monitor.on('monitor', (_time: string, args: string[]) => {
      const [command = '', ...rest] = args;
      if (command.toLowerCase() === 'evalsha') sent.push(rest);
      if (command.toLowerCase() !== 'echo') return;
      clearTimeout(timer);
      resolve();
    });
  });
  try {
    await work();
    await redis.echo('recorded'); // What was sent before it has been heard when it is heard.
    await heard;
  } finally {
    monitor.disconnect();
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
