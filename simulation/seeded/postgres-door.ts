/**
 * Postgres as one process of a seeded world reaches it: every statement can be stopped before it is
 * sent, every commit before it happens and before its answer arrives.
 */
import type { Sql } from '../../persistence/index.ts';

/**
 * Told of each point where a process may be stopped; what it throws, the statement fails with. Before a
 * transaction begins it may take its time.
 */
export type Checkpoint = (statement: string) => void | Promise<void>;

export const BEGIN = 'begin';
/** Before this one a transaction's work is done; after it its caller hears of the commit. */
export const COMMIT = 'commit';
export const COMMITTED = 'committed';

type Callable = (...args: unknown[]) => unknown;
type Work = (tx: Sql) => Promise<unknown>;

/** What postgres.js says while nothing listens. */
export function refusedConnection(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
}

/** What Postgres says when it gives a statement up and the connection stands. */
export function givenUp(): Error {
  return Object.assign(new Error('the statement was given up'), { code: '40001' });
}

/** @param divert answers in the place of the transaction that a statement belongs to */
export function guardedSql(
  sql: Sql,
  checkpoint: Checkpoint,
  divert: (statement: string) => boolean = () => false,
): Sql {
  return wrapped(sql, sql, checkpoint, divert);
}

function wrapped(
  target: Sql,
  root: Sql,
  checkpoint: Checkpoint,
  divert: (statement: string) => boolean,
): Sql {
  return new Proxy(target, {
    apply(_, self, args: unknown[]) {
      const statement = textOf(args[0]);
      if (statement === undefined) return Reflect.apply(target as Callable, self, args);
      try {
        void checkpoint(statement);
      } catch (error) {
        const failed = Promise.reject(error);
        failed.catch(() => undefined);
        return failed;
      }
      const by = divert(statement) ? root : target;
      return Reflect.apply(by as Callable, self, args);
    },
    get(_, name) {
      if (name !== 'begin') return Reflect.get(target, name);
      return async (...args: unknown[]) => {
        const work = args.pop() as Work;
        await checkpoint(BEGIN);
        const begin = target.begin.bind(target) as Callable;
        const answer = await begin(...args, async (tx: Sql) => {
          const done = await work(wrapped(tx, root, checkpoint, divert));
          await checkpoint(COMMIT);
          return done;
        });
        await checkpoint(COMMITTED);
        return answer;
      };
    },
  });
}

/** The text of a statement; a list or a name that is to become part of one has none. */
function textOf(first: unknown): string | undefined {
  if (!Array.isArray(first) || !('raw' in first)) return undefined;
  return first.join('?');
}
