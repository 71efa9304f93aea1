import type { Engine } from '../engine/index.ts';
import type { Sql } from '../persistence/index.ts';
import type { FlusherPulse } from './flusher-pulse.ts';
import { within } from './within.ts';

export type Check = 'ok' | 'recovering' | 'unreachable' | 'behind' | 'stopped' | 'stopping';

export interface ReadinessReport {
  ready: boolean;
  checks: Record<'redis' | 'gate' | 'flusher' | 'postgres' | 'process', Check>;
}

/** Says whether this process can serve, and what is in the way. */
export type Readiness = () => Promise<ReadinessReport>;

const POSTGRES_ANSWER_MS = 1000;

/**
 * Ready means: Redis answers, the gate is open (of a cluster: at least one master's is), the journal is
 * flushed (by whatever process) within the backlog limit, a flusher that this process should run
 * goes round, and nobody asked this process to stop. Postgres is reported and does not count: calls
 * go on without it, and taking every process out of service would end them.
 */
export function createReadiness(parts: {
  engine: Pick<Engine, 'status'>;
  sql: Sql;
  backlogMaxAgeMs: number;
  pulse: Pick<FlusherPulse, 'beats'>;
  stopping: () => boolean;
}): Readiness {
  return async () => {
    const status = parts.engine.status();
    const late = status.backlog.oldestAgeMs > parts.backlogMaxAgeMs;
    const checks: ReadinessReport['checks'] = {
      redis: status.redis === 'ready' ? 'ok' : 'unreachable',
      gate: status.gate === 'recovering' ? 'recovering' : 'ok',
      flusher: parts.pulse.beats() ? (late ? 'behind' : 'ok') : 'stopped',
      process: parts.stopping() ? 'stopping' : 'ok',
      postgres: await postgresCheck(parts.sql),
    };
    const { postgres: _, ...decisive } = checks;
    return { ready: Object.values(decisive).every((check) => check === 'ok'), checks };
  };
}

async function postgresCheck(sql: Sql): Promise<Check> {
  const answer = await within(sql`SELECT 1`, POSTGRES_ANSWER_MS, undefined);
  return answer === undefined ? 'unreachable' : 'ok';
}
