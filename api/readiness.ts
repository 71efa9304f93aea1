import type { Engine } from '../engine/index.ts';
import type { Sql } from '../persistence/index.ts';

export type Check = 'ok' | 'recovering' | 'unreachable' | 'stopped';

/** Says whether this process can serve, and what is in the way. */
export type Readiness = () => Promise<{ ready: boolean; checks: Record<string, Check> }>;

const POSTGRES_ANSWER_MS = 1000;

/** `flusherAlive` is undefined in a process that runs no flusher. */
export function createReadiness(parts: {
  engine: Pick<Engine, 'status'>;
  sql: Sql;
  flusherAlive: (() => boolean) | undefined;
  stopping: () => boolean;
}): Readiness {
  return async () => {
    const status = parts.engine.status();
    const checks: Record<string, Check> = {
      redis: status.redis === 'ready' ? 'ok' : 'unreachable',
      gate: status.gate === 'open' ? 'ok' : 'recovering',
      postgres: await postgresCheck(parts.sql),
    };
    if (parts.flusherAlive !== undefined) checks.flusher = parts.flusherAlive() ? 'ok' : 'stopped';
    if (parts.stopping()) checks.process = 'stopped';
    return { ready: Object.values(checks).every((check) => check === 'ok'), checks };
  };
}

async function postgresCheck(sql: Sql): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Check>((resolve) => {
    timer = setTimeout(() => resolve('unreachable'), POSTGRES_ANSWER_MS);
  });
  const asked = sql`SELECT 1`.then(
    (): Check => 'ok',
    (): Check => 'unreachable',
  );
  const answer = await Promise.race([asked, late]);
  clearTimeout(timer);
  return answer;
}
