/**
 * A power cut: Redis is killed -9 and its append-only file cut at a random byte among those that may
 * not have been on the disk yet. In every second cycle the flusher stands still meanwhile, so that
 * nothing but the file could have kept what was acknowledged.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import type { ApartStage } from '../stage.ts';

/** Redis begins a sync each second, and puts a write off for as long again while one is running. */
const UNSYNCED_MS = 2_000;
/** What Redis may still hold back when it has answered, while the disk is busy. */
const PUT_OFF_MS = 500;
const LOOK_MS = 20;

interface Size {
  readonly atMs: number;
  readonly file: string;
  readonly bytes: number;
}

export const aofCut: Scenario<ApartStage> = {
  name: 'aof-cut',
  summary: 'power cut: the append-only file cut at a random byte of what everysec had not synced',
  cycles: 10,
  seconds: 1,
  lasts: false,
  strike({ servers, flusher }, n) {
    const isStill = n % 2 === 1;
    return {
      label: isStill ? 'flusher still' : 'flusher running',
      windowMs: UNSYNCED_MS + LOOK_MS,
      recovers: true,
      async blow() {
        const sizes = watchSizes(servers.redis.dirs);
        if (isStill) flusher.pause();
        try {
          await pause(UNSYNCED_MS);
          await servers.redis.kill9();
        } finally {
          sizes.stop();
        }
        const struckAtMs = Date.now();
        const { note, windowMs } = cut(sizes.seen, struckAtMs);
        await servers.redis.restart();
        if (isStill) flusher.resume();
        return { note, struckAtMs, windowMs };
      },
    };
  },
};

/** Notes how long the newest file of each directory is, again and again. */
function watchSizes(dirs: readonly string[]): { seen: Size[]; stop(): void } {
  const seen: Size[] = [];
  const look = () => {
    for (const file of dirs.flatMap(newestOf)) {
      seen.push({ atMs: Date.now(), file, bytes: fs.statSync(file).size });
    }
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return { seen, stop: () => clearInterval(timer) };
}

function newestOf(dir: string): string[] {
  const folder = path.join(dir, 'appendonlydir');
  const sequence = (name: string) => Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1] ?? 0);
  const files = fs.readdirSync(folder).filter((name) => sequence(name) > 0);
  const [newest] = files.sort((a, b) => sequence(b) - sequence(a));
  return newest === undefined ? [] : [path.join(folder, newest)];
}

/**
 * Cuts each file anywhere behind what it held UNSYNCED_MS before the kill.
 * @returns what was cut off, for the table, and how far back that reaches: what had been acknowledged
 *   by the look at the size that was kept is in the part that was kept, or was put off once more
 */
function cut(seen: readonly Size[], killedAtMs: number): { note: string; windowMs: number } {
  let keptAtMs = killedAtMs;
  const notes = [...new Set(seen.map(({ file }) => file))].map((file) => {
    const sizes = seen.filter((size) => size.file === file);
    const synced = sizes.findLast(({ atMs }) => atMs < killedAtMs - UNSYNCED_MS) ?? sizes[0];
    if (synced === undefined) throw new Error(`${file} was never looked at`);
    keptAtMs = Math.min(keptAtMs, synced.atMs);
    const { size } = fs.statSync(file);
    const at = synced.bytes + Math.floor(Math.random() * (size - synced.bytes));
    fs.truncateSync(file, at);
    return `${size - at} of ${size - synced.bytes} bytes cut off`;
  });
  return { note: notes.join(', '), windowMs: killedAtMs - keptAtMs + PUT_OFF_MS };
}
