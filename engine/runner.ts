// The only place that calls a script: EVALSHA and nothing else. NOSCRIPT means Redis restarted.

import { BugError, OutageError } from './errors.ts';
import type { Gate } from './gate/gate.ts';
import type { Member, Nodes } from './nodes/nodes.ts';
import { isElsewhere, isNoScript, translateRedisError } from './redis-errors.ts';
import type { Script } from './script.ts';

export interface Runner {
  run<K, A, R extends { readonly status: string }>(
    partition: number,
    script: Script<K, A, R>,
    keys: K,
    args: A,
  ): Promise<Exclude<R, { status: 'recovering' }>>;
}

/**
 * One call of a script: its name, how long this process waited for it (network and Redis' queue
 * included), and its status word, or the code of the error that came instead.
 */
export type OnScript = (name: string, elapsedMs: number, status: string) => void;

/** A runner that tells of every call. */
export function measured(runner: Runner, onScript: OnScript): Runner {
  return {
    async run(partition, script, keys, args) {
      const startedMs = performance.now();
      try {
        const reply = await runner.run(partition, script, keys, args);
        onScript(script.name, performance.now() - startedMs, reply.status);
        return reply;
      } catch (error) {
        const status = error instanceof OutageError ? error.code : 'internal';
        onScript(script.name, performance.now() - startedMs, status);
        throw error;
      }
    },
  };
}

/** What the runner needs of a master. */
export interface RunnerNode extends Member {
  readonly gate: Pick<Gate, 'shielded' | 'lost'>;
}

export function createRunner(nodes: Pick<Nodes<RunnerNode>, 'of' | 'refresh'>): Runner {
  return {
    async run(partition, script, keys, args) {
      const { redis, gate } = nodes.of(partition);
      if (!gate.shielded(partition)) {
        // While Redis is away, that is the reason to give.
        throw new OutageError(redis.status === 'ready' ? 'recovering' : 'redis_unreachable');
      }
      const names = script.keys(keys);
      let raw: unknown;
      try {
        const count = names.length;
        raw = await redis.callBuffer('EVALSHA', script.sha, count, ...names, ...script.args(args));
      } catch (error) {
        if (isNoScript(error)) gate.lost('the scripts are gone');
        else if (isElsewhere(error)) void nodes.refresh();
        throw translateRedisError(error);
      }
      const reply = script.reply(buffersOf(script.name, raw));
      if (reply.status === 'recovering') {
        gate.lost('a partition is shut');
        throw new OutageError('recovering');
      }
      return reply as Exclude<typeof reply, { status: 'recovering' }>;
    },
  };
}

/** A flat list of strings, as every script returns. */
export function buffersOf(name: string, raw: unknown): Buffer[] {
  if (!Array.isArray(raw) || !raw.every((value) => Buffer.isBuffer(value))) {
    throw new BugError(`${name} did not return a flat list of strings`);
  }
  return raw;
}
