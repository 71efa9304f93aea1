// After a recovery, every process presents the calls it authorized lately once more: a hold that Redis
// lost in its last fsync window is opened again, one that survived answers as a replay. A call that is
// asked for before its turn has come is presented at once.

import type { AuthorizeInput } from './authorize.ts';

const WINDOW_MS = 60_000;
const REMEMBERED_MAX = 200_000;

export interface Recent {
  add(input: AuthorizeInput): void;
  forget(holdId: string): void;
  get(holdId: string): AuthorizeInput | undefined;
  /** Those of the last minute, oldest first. */
  list(): AuthorizeInput[];
}

export function createRecent(): Recent {
  const inputs = new Map<string, { input: AuthorizeInput; atMs: number }>();
  const drop = (nowMs: number) => {
    for (const [id, { atMs }] of inputs) {
      if (nowMs - atMs <= WINDOW_MS && inputs.size <= REMEMBERED_MAX) return;
      inputs.delete(id);
    }
  };
  return {
    add(input) {
      const nowMs = Date.now();
      inputs.set(input.holdId, { input, atMs: nowMs });
      drop(nowMs);
    },
    get(holdId) {
      const item = inputs.get(holdId);
      return item && Date.now() - item.atMs <= WINDOW_MS ? item.input : undefined;
    },
    forget: (holdId) => void inputs.delete(holdId),
    list() {
      drop(Date.now());
      return [...inputs.values()].map((item) => item.input);
    },
  };
}
