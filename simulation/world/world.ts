/**
 * One simulated world from its start to its accounts: thousands of calls through real HTTP, at
 * simulated providers, paid by wallets that run dry while people talk.
 *
 *   processes -> tenants with money -> dial -> run dry, cut off -> reconcile, verify -> promises
 */
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from '../acceptance/client.ts';
import type { RingfenceProcess } from '../acceptance/ringfence.ts';
import { verified } from '../acceptance/verify.ts';
import { type BookReader, type Books, openBooks } from './books.ts';
import { Dialler } from './dialler.ts';
import { type CallFacts, factsOf, isOpen } from './facts.ts';
import { startIncidents } from './incidents.ts';
import { loggedIn } from './logged.ts';
import type { Screen, WorldOptions } from './options.ts';
import { type Plan, planWorld, priceAt, RETAIL_MICROS } from './plan.ts';
import { startProcesses, type WorldProcesses } from './processes.ts';
import { type Promised, promisesOf } from './promises.ts';
import { reconciled } from './reconciled.ts';
import type { WorldReport } from './report.ts';
import { createTable, linesOf } from './table.ts';
import { makeTenants, type Tenant } from './tenants.ts';
import { startWitness } from './witness.ts';

/** Between two looks at everything: they cost the machine something, the more calls there are. */
const LOOK_MS_MIN = 500;
const LOOK_MS_MAX = 3_000;
const LOOK_MS_PER_CALL = 5;
/** How long after the last wallet should be dry every call must be over and captured. */
const PATIENCE_MS = { none: 300_000, rough: 300_000 } as const;
/** Whoever answers later does not answer. */
const ANSWER_MS = 60_000;
/** No provider cap of a planned call is longer. */
const LONGEST_CALL_MS = 3_600_000;
/** Some calls of a wallet get this many increments more than others: they share what is left over. */
const INCREMENTS_MORE = 2;

/**
 * @param signal aborts the run, which then leaves nothing behind
 * @throws Error when a process does not start, and the reason of the abort
 */
export async function runWorld(
  options: WorldOptions,
  screen: Screen,
  signal: AbortSignal = new AbortController().signal,
): Promise<WorldReport> {
  const plan = planWorld(options);
  screen.out(`starting ${options.calls} calls at ${options.increment}, seed ${options.seed}\n`);
  const processes = await startProcesses(options);
  const books = openBooks(processes.servers.postgres.url);
  try {
    return await live(options, plan, processes, books, screen, signal);
  } finally {
    await books.close();
    await processes.stop();
  }
}

async function live(
  options: WorldOptions,
  plan: Plan,
  processes: WorldProcesses,
  reader: BookReader,
  screen: Screen,
  signal: AbortSignal,
): Promise<WorldReport> {
  const { api, providers } = processes;
  const calls = plan.wallets.flatMap((wallet) => wallet.calls);
  const tenants = await makeTenants(api.client, plan, options.increment);
  const dialler = new Dialler(api.client, providers, api.url);
  const table = createTable(screen);
  const fromMs = performance.now();
  const before = loadText();
  const look = async (phase: string) => {
    const records = (await Promise.all(providers.map((one) => one.records()))).flat();
    const books = await reader.read();
    const facts = factsOf(calls, records, books);
    const seconds = (performance.now() - fromMs) / 1000;
    const glance = { phase, seconds, dialled: dialler.figures, facts, books };
    table.show(glance);
    return { facts, books, lines: linesOf(glance) };
  };

  const asked = options.onSharedMachine ? questionsOf(processes, tenants) : undefined;
  const witness = asked && startWitness(asked);
  const incidents = startIncidents(processes, options);
  const lookMs = Math.max(LOOK_MS_MIN, Math.min(LOOK_MS_MAX, calls.length * LOOK_MS_PER_CALL));
  let dialledAtMs = Number.POSITIVE_INFINITY;
  const dialling = dialler.dialAll(tenants).finally(() => {
    dialledAtMs = performance.now();
  });
  let open = true;
  try {
    const allMs = longestMs(options, plan);
    while (open && performance.now() < dialledAtMs + allMs) {
      await pause(lookMs, undefined, { signal });
      const dialled = performance.now() >= dialledAtMs;
      const { facts, books } = await look(dialled ? 'running' : 'dialling');
      open = !dialled || isSomethingOpen(facts, books);
    }
    await dialling;
  } finally {
    await incidents.stop();
    await witness?.stop();
  }
  const nothingMissing = await reconciled(processes.api, performance.now() - fromMs);
  const verdict = await verify(processes);
  const last = await look('over');
  table.leave();
  return {
    options,
    lines: [
      ...last.lines,
      ['machine', `${os.cpus().length} cores, load ${before} to ${loadText()}`],
    ],
    promises: [
      ...promisesOf(
        last.facts,
        last.books,
        options,
        plan.policy.cutoff_lead_seconds * 1000,
        witness?.waitedMs,
      ),
      nothingMissing,
      verdict,
    ],
    incidents: incidents.told,
    logged: loggedIn(logsOf(processes)),
  };
}

/**
 * From the last dial until everything must be over. Where dials fail, the money of the calls that
 * never were is talked away by the others of their wallet, by a single one if it has to be.
 */
function longestMs({ seconds, increment, faults }: WorldOptions, { wallets }: Plan): number {
  const { initialMs } = priceAt(increment, RETAIL_MICROS);
  const most = Math.max(...wallets.map(({ calls }) => calls.length));
  const shares = faults === 'none' ? 1 : most;
  const talkMs = shares * (seconds * 1000 + INCREMENTS_MORE * initialMs);
  return Math.min(talkMs, LONGEST_CALL_MS) + PATIENCE_MS[faults];
}

/** Over the last minute: a figure of a busy machine is another figure. */
function loadText(): string {
  return (os.loadavg()[0] ?? 0).toFixed(1);
}

function isSomethingOpen(facts: readonly CallFacts[], books: Books): boolean {
  const talks = facts.some(({ records }) => records.some(({ phase }) => phase !== 'ended'));
  return talks || [...books.calls.values()].some(({ hold }) => isOpen(hold));
}

async function verify({ api }: WorldProcesses): Promise<Promised> {
  const name = 'verify finds 0 differences';
  try {
    return { name, figures: await verified(api), faults: [] };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { name, figures: '', faults: text.split('\n') };
  }
}

/** What a push depends on: the processes that enforce, Redis behind one of them, the providers. */
function questionsOf({ api, enforcers, providers }: WorldProcesses, tenants: readonly Tenant[]) {
  const health = ({ url }: Pick<RingfenceProcess, 'url'>) => answered(`${url}/healthz`);
  const [first] = tenants;
  return [
    ...[api, ...enforcers].map((process) => () => health(process)),
    ...(first ? [() => api.client.get(`/v1/wallets/${first.walletId}`).then(isAnswer)] : []),
    ...providers.map((provider) => () => provider.counts()),
  ];
}

async function answered(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
  await answer.arrayBuffer();
}

function isAnswer({ status }: Answer): void {
  if (status !== 200) throw new Error(`no answer: ${status}`);
}

function logsOf({ api, enforcers }: WorldProcesses): string[] {
  return [api, ...enforcers].map(({ dir }) => path.join(dir, 'ringfence.log'));
}
