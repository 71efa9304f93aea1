/** Kills what the options say, while the calls run. */
import type { WorldOptions } from './options.ts';
import type { WorldProcesses } from './processes.ts';

export interface Incidents {
  /** What was done, in words. */
  readonly told: readonly string[];
  /** Nothing more is killed; what was killed is running again. */
  stop(): Promise<void>;
}

type Options = Pick<WorldOptions, 'killEnforcerEverySeconds' | 'restartRedis' | 'seconds'>;

/** Share of the time after which Redis is killed. */
const REDIS_AT = 0.5;

export function startIncidents(processes: WorldProcesses, options: Options): Incidents {
  const told: string[] = [];
  const timers: NodeJS.Timeout[] = [];
  let kills = 0;
  let work: Promise<void> = Promise.resolve();
  const failures: unknown[] = [];
  const after = (ms: number, what: () => Promise<void>) => {
    const run = () => {
      work = work.then(what).catch((error: unknown) => void failures.push(error));
    };
    timers.push(setTimeout(run, ms));
  };
  const killEnforcer = async () => {
    const victim = processes.enforcers[kills % processes.enforcers.length];
    if (victim === undefined) return;
    kills += 1;
    await victim.kill9();
    await victim.start();
  };
  if (options.killEnforcerEverySeconds > 0) {
    const everyMs = options.killEnforcerEverySeconds * 1000;
    const again = async () => {
      after(everyMs, again);
      await killEnforcer();
    };
    after(everyMs, again);
  }
  if (options.restartRedis) {
    after(options.seconds * 1000 * REDIS_AT, async () => {
      const from = performance.now();
      await processes.servers.redis.kill9();
      await processes.servers.redis.restart();
      await processes.api.ready();
      const ms = Math.round(performance.now() - from);
      told.push(`Redis was killed -9 and restarted on its file; ready again after ${ms} ms`);
    });
  }
  return {
    told,
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      await work;
      if (kills > 0) told.push(`an enforcer was killed -9 and started again ${kills} times`);
      const [failure] = failures;
      if (failure !== undefined) throw failure;
    },
  };
}
