/** CPU of other programs: what the kernel has counted, user and system, with all their threads. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

/** USER_HZ, fixed on every Linux that Node runs on. */
const TICK_MS = 10;

/** CPU of a process since its start, in ms: to 10 ms on Linux, to a second elsewhere; 0 of one that is gone. */
export function cpuMsOf(pid: number): number {
  if (process.platform !== 'linux') return psCpuMs(pid);
  const file = `/proc/${pid}/stat`;
  if (!fs.existsSync(file)) return 0;
  // The command's name may hold spaces and parentheses: fields count from the last parenthesis.
  const text = fs.readFileSync(file, 'utf8').replace(/^.*\) /s, '');
  const fields = text.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Processes that it started and that still run; none where the kernel does not say. */
export function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!fs.existsSync(file)) return [];
  return fs.readFileSync(file, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

function psCpuMs(pid: number): number {
  const { stdout } = spawnSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' });
  const parts = stdout.trim().split(/[:-]/).map(Number);
  return parts.reduce((sum, part) => sum * 60 + part, 0) * 1000;
}
