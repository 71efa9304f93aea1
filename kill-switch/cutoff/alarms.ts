/**
 * Alarms of one process: something to be done at an exact moment, one alarm a key. All of them share
 * a heap and one timer, so that a thousand live calls cost no more wake-ups than one. Moments are on
 * the monotonic clock (`performance.now()`), which no operator can set.
 */

/** What does not fit is not lost: the due set of its partition brings it up as well. */
const ALARMS_MAX = 100_000;
/** setTimeout overflows beyond 2^31 ms. */
const SLEEP_MS_MAX = 60_000;
/** Replaced entries that may lie in the heap before it is built anew. */
const STALE_MAX = 1_000;

export interface Alarms {
  /** Replaces the key's alarm, if it has one. */
  set(key: string, atMs: number): void;
  clear(key: string): void;
  /** Nothing rings any more. */
  stop(): void;
}

interface Entry {
  readonly atMs: number;
  readonly key: string;
}

/** @param ring is called once per alarm, at its moment or, under load, soon after; it must not throw. */
export function createAlarms(ring: (key: string) => void): Alarms {
  const moments = new Map<string, number>();
  let heap: Entry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let wakesAtMs = Number.POSITIVE_INFINITY;
  let stopped = false;

  function arm(): void {
    const next = heap[0];
    if (next === undefined || stopped || next.atMs >= wakesAtMs) return;
    clearTimeout(timer);
    wakesAtMs = next.atMs;
    const sleepMs = Math.ceil(next.atMs - performance.now());
    timer = setTimeout(run, Math.min(SLEEP_MS_MAX, Math.max(0, sleepMs)));
  }

  function run(): void {
    wakesAtMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    for (let next = heap[0]; next !== undefined && next.atMs <= nowMs; next = heap[0]) {
      pop(heap);
      if (moments.get(next.key) !== next.atMs) continue;
      moments.delete(next.key);
      ring(next.key);
    }
    arm();
  }

  return {
    set(key, atMs) {
      if (stopped || (moments.size >= ALARMS_MAX && !moments.has(key))) return;
      if (moments.get(key) === atMs) return;
      moments.set(key, atMs);
      if (heap.length > 2 * moments.size + STALE_MAX) {
        heap = [...moments].map(([name, at]) => ({ key: name, atMs: at }));
        heap.sort((a, b) => a.atMs - b.atMs);
      } else {
        push(heap, { atMs, key });
      }
      arm();
    },
    clear: (key) => void moments.delete(key),
    stop() {
      stopped = true;
      moments.clear();
      heap = [];
      clearTimeout(timer);
    },
  };
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || parent.atMs <= entry.atMs) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    const least = right !== undefined && left !== undefined && right.atMs < left.atMs;
    const child = least ? right : left;
    if (child === undefined || child.atMs >= last.atMs) break;
    heap[at] = child;
    at = 2 * at + (least ? 2 : 1);
  }
  heap[at] = last;
}
