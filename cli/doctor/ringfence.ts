import { setTimeout as pause } from 'node:timers/promises';
import type { GateView, Inspector, JournalView } from '../../engine/index.ts';
import {
  committedCursors,
  inboxView,
  liveFlushers,
  quarantineView,
  type Sql,
  storedPartitions,
} from '../../persistence/index.ts';
import { error, type Finding, ok, warning } from './finding.ts';
import { enforcement, leases } from './workers.ts';

const LAG_WARN_MS = 10_000;
const LAG_ERROR_MS = 900_000;
const INBOX_WARN_MS = 60_000;
const CLOCK_AHEAD_MS = 1_000;
const GATE_ASKED_MAX = 10;
const GATE_PAUSE_MS = 500;

/** Ringfence's own state in both stores. */
export async function ringfence(
  sql: Sql,
  redis: Inspector,
  configured: number,
): Promise<Finding[]> {
  const stored = await storedPartitions(sql);
  const partitions = stored ?? configured;
  const flushers = await liveFlushers(sql);
  const running = flushers > 0;
  const cursors = await committedCursors(sql, partitions);
  const journals = await redis.journals(cursors);
  return [
    ...partitionCount(stored, configured),
    ...gate(await settledGate(redis, partitions, running), running),
    ...(await leases(sql, flushers)),
    ...flushLag(journals, running),
    ...enforcement(journals),
    ...cursorOrder(journals, cursors),
    ...partitionClocks(journals),
    ...(await quarantine(sql)),
    ...(await inbox(sql)),
  ];
}

export function partitionCount(stored: number | undefined, configured: number): Finding[] {
  if (stored === undefined) {
    return [warning('partitions', 'not fixed yet', 'start Ringfence once: first boot fixes it')];
  }
  if (stored === configured) return [ok('partitions', String(stored))];
  const found = `RINGFENCE_PARTITIONS is ${configured}, the database was made with ${stored}`;
  return [error('partitions', found, `set RINGFENCE_PARTITIONS=${stored}`)];
}

/** A recovery takes a moment and then is over: only a gate that stays closed is a fault. */
async function settledGate(
  redis: Inspector,
  partitions: number,
  running: boolean,
): Promise<GateView> {
  for (let asked = 1; ; asked += 1) {
    const view = await redis.gate(partitions);
    const closed = !view.standing || !view.complete || view.shutPartitions.length > 0;
    if (!closed || !running || asked === GATE_ASKED_MAX) return view;
    await pause(GATE_PAUSE_MS);
  }
}

/** A closed gate is as it should be while no Ringfence runs. */
export function gate(view: GateView, running: boolean): Finding[] {
  const reasons: string[] = [];
  if (!view.standing) reasons.push('Redis was restarted and not recovered since');
  else if (!view.complete) reasons.push('scripts of this release are not loaded');
  const shut = view.shutPartitions.length;
  if (view.standing && shut > 0) reasons.push(`${shut} partitions are shut`);
  if (reasons.length === 0) return [ok('gate', 'open; every script is loaded')];
  const found = `closed: ${reasons.join(', ')}`;
  if (!running) return [warning('gate', found, 'start Ringfence: it recovers, then opens')];
  return [error('gate', found, 'look for "recovery failed" in the log of Ringfence')];
}

export function flushLag(journals: readonly JournalView[], running: boolean): Finding[] {
  const waiting = journals.filter((journal) => journal.oldestAgeMs !== undefined);
  const oldestMs = Math.max(0, ...waiting.map((journal) => journal.oldestAgeMs ?? 0));
  const entries = journals.reduce((sum, journal) => sum + journal.length, 0);
  if (oldestMs < LAG_WARN_MS) {
    return [ok('flush lag', `${oldestMs} ms; ${entries} entries are kept in the journals`)];
  }
  const found = `${waiting.length} partitions wait, the oldest entry for ${oldestMs} ms`;
  const mend = running
    ? 'look for "the flusher waits" in the log of Ringfence'
    : 'start a Ringfence with the flusher role';
  return [(oldestMs < LAG_ERROR_MS ? warning : error)('flush lag', found, mend)];
}

/** Redis was told of commits that Postgres does not have: it came back older. */
export function cursorOrder(
  journals: readonly JournalView[],
  cursors: readonly string[],
): Finding[] {
  const ahead = journals.filter(
    ({ partition, committed }) => compareStreamIds(committed, cursors[partition] ?? '0-0') > 0,
  );
  if (ahead.length === 0) return [];
  const found = `Postgres is older than it was, in ${ahead.length} partitions`;
  return [
    error('cursors', found, 'replay from the retained journals: keep Redis, restart Ringfence'),
  ];
}

function compareStreamIds(a: string, b: string): number {
  const [aMs = 0, aN = 0] = a.split('-').map(Number);
  const [bMs = 0, bN = 0] = b.split('-').map(Number);
  return aMs - bMs || aN - bN;
}

/** Time never goes back in a partition: where it was ahead of the clock that counts now, it stands still. */
export function partitionClocks(journals: readonly JournalView[]): Finding[] {
  const mend = "set Redis' clock right and keep it on NTP; see docs/OPERATIONS.md, a clock jumped";
  const aheadMs = Math.max(0, ...journals.map((journal) => journal.clockAheadMs));
  if (aheadMs >= CLOCK_AHEAD_MS) {
    const found = `time stands still in partitions for another ${aheadMs} ms: calls are not ended`;
    return [error('clocks', found, mend)];
  }
  const shiftMs = Math.max(0, ...journals.map(({ clockShiftMs }) => Math.abs(clockShiftMs)));
  if (shiftMs < CLOCK_AHEAD_MS) return [];
  const found = `Redis' clock jumped by ${shiftMs} ms; time goes on without it`;
  return [warning('clocks', found, mend)];
}

async function quarantine(sql: Sql): Promise<Finding[]> {
  const { wallets, entries } = await quarantineView(sql);
  if (wallets === 0 && entries === 0) return [ok('quarantine', 'empty')];
  const found = `${wallets} wallets, ${entries} journal entries`;
  return [error('quarantine', found, 'see docs/OPERATIONS.md, quarantine')];
}

async function inbox(sql: Sql): Promise<Finding[]> {
  const { waiting, oldestAgeMs } = await inboxView(sql);
  if (oldestAgeMs < INBOX_WARN_MS) return [ok('webhook inbox', `${waiting} events wait`)];
  const found = `${waiting} provider events wait, the oldest for ${oldestAgeMs} ms`;
  return [
    warning('webhook inbox', found, 'see last_error in webhook_inbox; is an api role running?'),
  ];
}
