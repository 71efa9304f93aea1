/**
 * P12: what it costs one process to keep calls covered for which nobody asks. The enforcer of the
 * product runs in a process of its own, its flusher in another; no call ends.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { keys } from '../../engine/index.ts';
import { type Figure, figure } from '../figures.ts';
import { startApi } from '../http/server.ts';
import { closedLoop } from '../load/closed-loop.ts';
import type { Round } from '../measurement.ts';
import { authorizeInput, done } from '../stage/calls.ts';
import { runningFlusher } from '../stage/flusher.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { makeWallets, type Purse } from '../stage/wallets.ts';
import { POLICY } from '../workload.ts';

const TARGET_CALLS = 100_000;
/** A call is late when its moment has been over for so long. */
const LATE_MS = 1_000;

export async function measureEnforcer(round: Round): Promise<Figure[]> {
  const { liveCalls, idleSeconds, enforcerSeconds, quantumMs } = round.size;
  const stage = await openStage(round);
  const purse = await makeWallets(stage, round.size.wallets);
  const flusher = await runningFlusher(stage);
  const enforcer = await startApi(stage, round.dir, { role: 'enforcer' });
  const shareWhile = async (ms: number) => {
    const [cpu, from] = [await enforcer.cpuMs(), performance.now()];
    await pause(ms);
    return (((await enforcer.cpuMs()) - cpu) / (performance.now() - from)) * 100;
  };
  try {
    const idle = await shareWhile(idleSeconds * 1000);
    await goLive(stage, purse, round);
    await flusher.report();
    const busy = await shareWhile(enforcerSeconds * 1000);
    const { entries } = await flusher.report();
    // One visit a quantum each: fewer calls at a shorter quantum are as much work.
    const scale = (TARGET_CALLS / liveCalls) * (quantumMs / POLICY.quantumMs);
    return [
      figure('live calls', 'count', liveCalls),
      figure('quantum', 's', quantumMs / 1000),
      figure('CPU without calls', '%', idle),
      figure('CPU with them', '%', busy),
      figure('CPU at 100,000 live calls', '%', idle + Math.max(0, busy - idle) * scale),
      figure('extended meanwhile', 'per second', entries / enforcerSeconds),
      figure('calls late by more than 1 s at the end', 'count', await lateCalls(stage)),
    ];
  } finally {
    await enforcer.stop();
    await flusher.end();
    await stage.stop();
  }
}

async function goLive({ engine }: Stage, purse: Purse, { size }: Round): Promise<void> {
  const { depth, liveCalls: count, quantumMs } = size;
  const { organizationId } = purse;
  const policy = { ...POLICY, quantumMs };
  const work = async (n: number) => {
    const input = { ...authorizeInput(organizationId, `call-${n}`, [purse.many(n)]), policy };
    await done('authorize', engine.authorize(input));
    await done('start', engine.start({ partition: input.partition, holdId: input.holdId }));
  };
  await closedLoop({ depth, count, work });
}

async function lateCalls({ redis, partitions }: Stage): Promise<number> {
  const [seconds] = await redis.time();
  const lateBefore = Number(seconds) * 1000 - LATE_MS;
  let late = 0;
  for (let p = 0; p < partitions; p += 1) {
    late += await redis.zcount(keys.due(p), '-inf', `(${lateBefore}`);
  }
  return late;
}
