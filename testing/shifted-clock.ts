import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface ShiftedClock {
  /** Puts the clock of whatever was started under it this far ahead, or back if negative. */
  shift(byMs: number): void;
  /** Servers that `work` starts, and those it starts again, run under the clock. */
  around<T>(work: () => Promise<T>): Promise<T>;
  remove(): void;
}

const SOURCE = new URL('shifted-clock.c', import.meta.url).pathname;
const LATER = ['LD_PRELOAD', 'SHIFTED_CLOCK'] as const;

/** Whether there is a C compiler to make it with; tests that need it say so when they are skipped. */
export const canShiftClock =
  process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

/** A clock of its own for the servers of a test. Needs a C compiler: see `canShiftClock`. */
export function shiftedClock(): ShiftedClock {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringfence-clock-'));
  const library = path.join(dir, 'shifted-clock.so');
  const made = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE]);
  if (made.status !== 0) throw new Error(`cc failed: ${String(made.stderr)}`);
  const file = path.join(dir, 'shift');
  fs.writeFileSync(file, Buffer.alloc(8));
  return {
    shift(byMs) {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(byMs));
      const opened = fs.openSync(file, 'r+');
      fs.writeSync(opened, bytes, 0, bytes.length, 0);
      fs.closeSync(opened);
    },
    async around(work) {
      const before = LATER.map((name) => process.env[name]);
      process.env.LD_PRELOAD = library;
      process.env.SHIFTED_CLOCK = file;
      try {
        return await work();
      } finally {
        for (const [i, name] of LATER.entries()) {
          const value = before[i];
          if (value === undefined) delete process.env[name];
          else process.env[name] = value;
        }
      }
    },
    remove: () => fs.rmSync(dir, { recursive: true, force: true }),
  };
}
