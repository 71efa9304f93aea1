/** Postgres is away, killed or restored: calls go on, and the ledger has everything afterwards. */
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../../../scripts/processes.mjs';
import type { LoadFigures } from '../accounts/acknowledged.ts';
import { onLedger } from '../accounts/stores.ts';
import type { Outcome, Scenario, Strike, Witness } from '../scenario.ts';
import { type ApartStage, BACKLOG_SECONDS } from '../stage.ts';
import { watchCalls } from './while-away.ts';

/** What is new may be refused when too much waits for the ledger; what is in progress goes on. */
const NEW = ['authorize', 'charge', 'transfer'];
/** The age of the oldest entry is looked at now and then. */
const EARLY_MS = 2_000;
const BACK_MS = 30_000;

/** Redis lives on: nothing is lost, nobody has to wait for a recovery. */
const KEPT = { windowMs: 0, recovers: false };

export const postgresAway: Scenario<ApartStage> = {
  name: 'postgres-away',
  summary: `Postgres away: no check or end fails, new holds wait only past ${BACKLOG_SECONDS} s of backlog`,
  cycles: 1,
  seconds: 60,
  lasts: true,
  strike: ({ servers }, _, seconds) => ({
    label: `${seconds} s away`,
    ...KEPT,
    blow: (witness) =>
      callsGoOn(witness, async () => {
        await servers.postgres.stop();
        await pause(seconds * 1_000);
        await servers.postgres.restart();
      }),
  }),
};

export const postgresKill: Scenario<ApartStage> = {
  name: 'postgres-kill',
  summary: 'Postgres killed -9 under load, the whole server or the backend that commits, in turns',
  cycles: 6,
  seconds: 1,
  lasts: false,
  strike(stage, n): Strike {
    const isWhole = n % 2 === 0;
    return {
      label: isWhole ? 'server' : 'a backend',
      ...KEPT,
      blow: (witness) =>
        callsGoOn(witness, () => (isWhole ? killServer(stage) : killBackend(stage))),
    };
  },
};

/** Longer than the two seconds that the ledger comes back without. */
const OLDER_MS = 2_000;

export const postgresRestored: Scenario<ApartStage> = {
  name: 'postgres-restored',
  summary:
    'Postgres killed and put back as it was two seconds before: the journal brings it up to date',
  cycles: 4,
  seconds: 1,
  lasts: false,
  strike: ({ servers: { postgres } }) => ({
    label: 'two seconds older',
    ...KEPT,
    blow: (witness) =>
      callsGoOn(witness, async () => {
        await postgres.copy();
        await pause(OLDER_MS);
        await postgres.kill9();
        await postgres.putBack();
        await postgres.restart();
      }),
  }),
};

async function killServer({ servers }: ApartStage): Promise<void> {
  await servers.postgres.kill9();
  await servers.postgres.restart();
}

/** The others are ended by their server, which then recovers as after a crash. */
async function killBackend({ urls }: ApartStage): Promise<void> {
  const pid = await onLedger(urls(), async (sql) => {
    const [row] = await sql<{ pid: number }[]>`
      SELECT pid FROM pg_stat_activity WHERE application_name = 'ringfence-flusher'
      ORDER BY state = 'active' DESC, state_change DESC LIMIT 1`;
    return row?.pid;
  });
  if (pid === undefined) throw new Error('the flusher is not connected');
  process.kill(pid, 'SIGKILL');
  const answers = () =>
    onLedger(urls(), (sql) => sql`SELECT 1`).then(
      () => true,
      () => false,
    );
  if (!(await waitUntil(answers, BACK_MS))) throw new Error('Postgres does not come back');
}

/** Whatever happens to Postgres meanwhile, the engine serves, and calls go on and end. */
async function callsGoOn(
  { figures, parked }: Witness,
  blow: () => Promise<void>,
): Promise<Outcome> {
  const fromMs = Date.now();
  const watch = watchCalls(parked, [undefined]);
  await blow().finally(() => watch.stop());
  const { faults, checks } = await watch.stop();
  const ends = figures.acknowledged.filter(({ verb, atMs }) => verb === 'end' && atMs > fromMs);
  const none = ends.length === 0 ? ['no call ended while Postgres was away'] : [];
  return {
    struckAtMs: fromMs,
    faults: [...brokenOff(figures, fromMs), ...faults, ...none],
    note: `${ends.length} calls ended and ${checks} were checked meanwhile`,
  };
}

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
