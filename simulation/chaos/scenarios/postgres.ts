/** Postgres is away: calls go on, and the ledger has everything afterwards. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadFigures } from '../accounts/acknowledged.ts';
import { LEVEL_MS, type Scenario } from '../scenario.ts';
import { type ApartStage, BACKLOG_SECONDS } from '../stage.ts';

/** What is new may be refused when too much waits for the ledger; what is in progress goes on. */
const NEW = ['authorize', 'charge', 'transfer'];
/** The age of the oldest entry is looked at now and then. */
const EARLY_MS = 2_000;

export const postgresAway: Scenario<ApartStage> = {
  name: 'postgres-away',
  summary: `Postgres away: no check or end fails, new holds wait only past ${BACKLOG_SECONDS} s of backlog`,
  cycles: 1,
  seconds: 60,
  lasts: true,
  strike: ({ servers }, _, seconds) => ({
    label: `${seconds} s away`,
    windowMs: 0,
    recovers: false,
    levelMs: 5 * LEVEL_MS,
    async blow({ figures, parked }) {
      const fromMs = Date.now();
      await servers.postgres.stop();
      await pause(seconds * 1_000);
      const checks = await parked.check();
      const cut = checks.filter(({ status, endCall }) => status !== 200 || endCall !== false);
      await servers.postgres.restart();
      const calls = figures.acknowledged.filter(
        ({ verb, atMs }) => verb === 'end' && atMs > fromMs,
      );
      return {
        faults: [
          ...brokenOff(figures, fromMs),
          ...(cut.length > 0 ? [`parked calls were answered ${JSON.stringify(cut)}`] : []),
          ...(calls.length === 0 ? ['no call ended while Postgres was away'] : []),
        ],
        note: `${calls.length} calls ended meanwhile`,
      };
    },
  }),
};

/** What must have been answered at once although Postgres did not answer. */
function brokenOff({ unanswered }: LoadFigures, fromMs: number): string[] {
  const backlogFromMs = fromMs + BACKLOG_SECONDS * 1_000 - EARLY_MS;
  const wrong = unanswered.filter(({ verb, waited, why, atMs }) => {
    if (waited || atMs < fromMs) return false;
    const isBacklog = why === '503 ledger_backlogged' && NEW.includes(verb);
    return !(isBacklog && atMs >= backlogFromMs);
  });
  return wrong.map(({ verb, why, atMs }) => `${verb}: ${why} after ${atMs - fromMs} ms`);
}
