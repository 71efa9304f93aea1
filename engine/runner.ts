// The only place that calls a script: EVALSHA and nothing else. NOSCRIPT means Redis restarted.

import { BugError, OutageError } from './errors.ts';
import type { Gate } from './gate/gate.ts';
import { gather } from './gather.ts';
import type { Member, Nodes } from './nodes/nodes.ts';
import { isElsewhere, isNoScript, translateRedisError } from './redis-errors.ts';
import type { Script } from './script.ts';
import { callScript } from './script-call.ts';

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

/** What the runner needs of a master. */
export interface RunnerNode extends Member {
  readonly gate: Pick<Gate, 'shielded' | 'lost'>;
}

/** @param onScript told of every call */
export function createRunner(
  nodes: Pick<Nodes<RunnerNode>, 'of' | 'refresh'>,
  onScript?: OnScript,
): Runner {
  /** What an error means for the gate, and the error to throw instead. */
  function failed(gate: RunnerNode['gate'], error: unknown): Error {
    if (isNoScript(error)) gate.lost('the scripts are gone');
    else if (isElsewhere(error)) void nodes.refresh();
    return translateRedisError(error);
  }

  async function ask<K, A, R extends { readonly status: string }>(
    partition: number,
    script: Script<K, A, R>,
    keys: K,
    args: A,
  ) {
    const { redis, gate } = nodes.of(partition);
    if (!gate.shielded(partition)) {
      // While Redis is away, that is the reason to give.
      throw new OutageError(redis.status === 'ready' ? 'recovering' : 'redis_unreachable');
    }
    let raw: unknown;
    try {
      gather(redis);
      raw = await callScript(redis, script, script.keys(keys), script.args(args));
    } catch (error) {
      throw failed(gate, error);
    }
    const reply = script.reply(buffersOf(script.name, raw));
    if (reply.status === 'recovering') {
      gate.lost('a partition is shut');
      throw new OutageError('recovering');
    }
    return reply as Exclude<typeof reply, { status: 'recovering' }>;
  }

  return { run: onScript === undefined ? ask : measured(ask, onScript) };
}

/** The same, telling of every call. */
function measured(ask: Runner['run'], onScript: OnScript): Runner['run'] {
  return (partition, script, keys, args) => {
    const startedMs = performance.now();
    return ask(partition, script, keys, args).then(
      (reply) => {
        onScript(script.name, performance.now() - startedMs, reply.status);
        return reply;
      },
      (error: unknown) => {
        const status = error instanceof OutageError ? error.code : 'internal';
        onScript(script.name, performance.now() - startedMs, status);
        throw error;
      },
    );
  };
}

const DONE = Buffer.from('done');

/** What scripts return: a flat list of strings, or, done, the entry alone. */
export function buffersOf(name: string, raw: unknown): Buffer[] {
  if (Buffer.isBuffer(raw)) return [DONE, raw];
  if (!Array.isArray(raw) || !raw.every((value) => Buffer.isBuffer(value))) {
    throw new BugError(`${name} did not return a flat list of strings`);
  }
  return raw;
}
