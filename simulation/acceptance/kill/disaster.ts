/** One kind of disaster, again and again under load, and the accounts afterwards. */
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../../../scripts/processes.mjs';
import type { Client } from '../client.ts';
import type { RingfenceProcess } from '../ringfence.ts';
import { organization, price, wallet } from '../tenants.ts';
import { verified } from '../verify.ts';
import type { Acknowledged } from './acknowledged.ts';
import { checkLedger, type LedgerVerdict } from './ledger-check.ts';
import { type Load, startLoad } from './load.ts';
import { parkCalls } from './parked-calls.ts';
import type { Tenant } from './worker.ts';

export interface Disaster {
  readonly name: string;
  readonly times: number;
  /** Under load for at least this long. */
  readonly seconds: number;
  /** Strikes once; answers when the system should be coming back. */
  strike(): Promise<void>;
  /** Whether acknowledgements of the default durability may be lost just before a strike. */
  readonly mayLose: boolean;
  /** Whether the process lives on and has to answer 503 `recovering` meanwhile. */
  readonly recovers: boolean;
}

export interface Row {
  disaster: string;
  strikes: number;
  /** The longest time from a strike to the next /readyz 200. */
  backMs: number;
  acknowledged: number;
  waited: number;
  lost: number;
  unanswered: string;
  /** From the end of the load until every wallet's ledger_sequence was its sequence. */
  caughtUpMs: number;
  /** The same after a last strike in the moment of the last acknowledgement, from ready on. */
  caughtUpAfterStrikeMs: number;
  verify: string;
  faults: string[];
}

const TENANTS = 4;
const CLIENTS = 8;
const PARKED = 5;
/** Mutations that are acknowledged just before the last strike. */
const BURST = 100;
const DEPOSIT = 1_000_000_000;
const CAUGHT_UP_MS = 2_000;
const PAUSE_MS_MIN = 300;
const PAUSE_MS_MAX = 1_500;
/** AOF everysec syncs each second, and a sync may run late by another. */
const WINDOW_MS = 2_500;
/** How long a busy client takes to write down an answer that was on its way. */
const NOTING_MS = 200;

export async function runDisaster(
  ringfence: RingfenceProcess,
  databaseUrl: () => string,
  disaster: Disaster,
): Promise<Row> {
  const { client } = ringfence;
  const tenants = await makeTenants(client);
  const [first] = tenants;
  if (first === undefined) throw new Error('there is no tenant');
  const parked = await parkCalls(client, first, PARKED);
  const load = startLoad(client, tenants, CLIENTS);
  const { strikes, backMs } = await strikeRepeatedly(ringfence, disaster);
  await load.stop();
  const caughtUpMs = await caughtUp(client, tenants);
  await load.burst(BURST);
  strikes.push(await timed(disaster.strike));
  await ringfence.ready();
  const caughtUpAfterStrikeMs = await caughtUp(client, tenants);
  await parked.stillLive();
  const parkedMicros = await parked.end();
  await caughtUp(client, tenants);

  const verdict = await checkLedger(databaseUrl(), load.figures.acknowledged);
  const faults = [
    ...load.figures.unexpected,
    ...verdict.faults,
    ...lossFaults(disaster, strikes, verdict.lost),
    ...vanishedFaults(load, verdict),
    ...balanceFaults(tenants, load, verdict, parkedMicros),
    ...(disaster.recovers && !load.figures.unanswered['503 recovering']
      ? ['nobody was told 503 recovering']
      : []),
    ...[caughtUpMs, caughtUpAfterStrikeMs].flatMap((ms) =>
      ms > CAUGHT_UP_MS ? [`the ledger was level after ${ms} ms only`] : [],
    ),
  ];
  const { acknowledged, unanswered } = load.figures;
  return {
    disaster: disaster.name,
    strikes: strikes.length,
    backMs: Math.max(0, ...backMs),
    acknowledged: acknowledged.length,
    waited: acknowledged.filter((one) => one.waited).length,
    lost: verdict.lost.length,
    unanswered: Object.entries(unanswered)
      .map(([why, count]) => `${count} ${why}`)
      .join(', '),
    caughtUpMs,
    caughtUpAfterStrikeMs,
    verify: await verified(ringfence),
    faults,
  };
}

async function makeTenants(client: Client): Promise<Tenant[]> {
  await price(client, 60_000);
  return Promise.all(
    Array.from({ length: TENANTS }, async () => {
      const organizationId = await organization(client);
      return { organizationId, walletId: await wallet(client, organizationId, DEPOSIT) };
    }),
  );
}

async function strikeRepeatedly(ringfence: RingfenceProcess, disaster: Disaster) {
  const until = performance.now() + disaster.seconds * 1000;
  const strikes: Strike[] = [];
  const backMs: number[] = [];
  for (let n = 0; n < disaster.times; n += 1) {
    await pause(PAUSE_MS_MIN + Math.random() * (PAUSE_MS_MAX - PAUSE_MS_MIN));
    const from = performance.now();
    strikes.push(await timed(disaster.strike));
    await ringfence.ready();
    backMs.push(Math.round(performance.now() - from));
  }
  await pause(Math.max(PAUSE_MS_MAX, until - performance.now()));
  return { strikes, backMs };
}

/** @throws Error when a wallet's ledger never gets there. */
async function caughtUp(client: Client, tenants: readonly Tenant[]): Promise<number> {
  const from = performance.now();
  const isLevel = async ({ walletId }: Tenant) => {
    const { status, body } = await client.get(`/v1/wallets/${walletId}`);
    return status === 200 && body.sequence === body.ledger_sequence;
  };
  const all = async () => (await Promise.all(tenants.map(isLevel))).every((level) => level);
  if (!(await waitUntil(all, 10 * CAUGHT_UP_MS))) throw new Error('the ledger does not catch up');
  return Math.round(performance.now() - from);
}

interface Strike {
  fromMs: number;
  toMs: number;
}

async function timed(strike: () => Promise<void>): Promise<Strike> {
  const fromMs = Date.now();
  await strike();
  return { fromMs, toMs: Date.now() };
}

function lossFaults(
  disaster: Disaster,
  strikes: readonly Strike[],
  lost: readonly Acknowledged[],
): string[] {
  return lost.flatMap((one) => {
    const name = `lost: ${one.verb} ${one.entryId || one.holdId || one.transferId}, acknowledged at ${one.atMs}`;
    if (one.waited) return [`${name} with wait_for ledger`];
    if (!disaster.mayLose) return [name];
    const inWindow = strikes.some(
      ({ fromMs, toMs }) => one.atMs < toMs + NOTING_MS && one.atMs > fromMs - WINDOW_MS,
    );
    if (inWindow) return [];
    const nearest = strikes.map(({ fromMs }) => one.atMs - fromMs);
    const after = nearest.sort((a, b) => Math.abs(a) - Math.abs(b))[0];
    return [`${name}, ${after} ms after the nearest strike began: outside its window`];
  });
}

/** A call that was authorized may be unknown later only if its hold is really lost. */
function vanishedFaults({ figures }: Load, { lost }: LedgerVerdict): string[] {
  const lostHolds = new Set(lost.map((one) => one.holdId));
  return figures.vanished.flatMap(({ holdId, atMs }) =>
    lostHolds.has(holdId) ? [] : [`${holdId} is in the ledger and was unknown at ${atMs}`],
  );
}

/** Every client knows the outcome of every request, so the balance is known to the micro. */
function balanceFaults(
  tenants: readonly Tenant[],
  load: Load,
  verdict: LedgerVerdict,
  parkedMicros: number,
): string[] {
  const wanted = new Map(tenants.map(({ walletId }) => [walletId, DEPOSIT]));
  const lost = new Set(verdict.lost);
  for (const one of load.figures.acknowledged) {
    if (lost.has(one)) continue;
    wanted.set(one.walletId, (wanted.get(one.walletId) ?? 0) + one.amountMicros);
    if (one.toWalletId === '') continue;
    wanted.set(one.toWalletId, (wanted.get(one.toWalletId) ?? 0) - one.amountMicros);
  }
  const [first] = tenants;
  if (first) wanted.set(first.walletId, (wanted.get(first.walletId) ?? 0) - parkedMicros);
  return [...wanted].flatMap(([walletId, micros]) => {
    const posted = verdict.posted.get(walletId) ?? 0;
    return posted === micros ? [] : [`${walletId}: posted ${posted} instead of ${micros}`];
  });
}
