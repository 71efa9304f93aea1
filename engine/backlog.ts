// How many entries of a journal are not in the ledger yet. Redis cannot tell: it knows how many entries
// were ever added, and how far the ledger is as an id. So each look remembers both, and the entries
// added since the last look that the ledger has reached by now are those that it has not.

import { isAtOrBefore } from './stream-id.ts';

const LOOKS_MAX = 5_000;

export interface Backlog {
  /** @returns entries not committed: 0 when drained, else at least 1 and at most one look too many. */
  see(committed: string, lastId: string, entriesAdded: number): number;
}

export function createBacklog(): Backlog {
  let looks: { lastId: string; entriesAdded: number }[] = [];
  let reachedBy = '';
  return {
    see(committed, lastId, entriesAdded) {
      if (isAtOrBefore(lastId, committed)) {
        looks = [{ lastId, entriesAdded }];
        return 0;
      }
      // While Postgres is away nothing more is reached, and there are thousands of looks in each partition.
      if (committed !== reachedBy) {
        const reached = looks.findLastIndex((look) => isAtOrBefore(look.lastId, committed));
        if (reached > 0) looks.splice(0, reached);
        reachedBy = committed;
      }
      // What was there before the first look is not known; the age of the oldest entry judges it.
      const from = looks[0]?.entriesAdded ?? entriesAdded;
      // A Redis that was replaced counts from the beginning again.
      if (entriesAdded < from) looks = [];
      looks.push({ lastId, entriesAdded });
      if (looks.length > LOOKS_MAX) looks.shift();
      return Math.max(1, entriesAdded - from);
    },
  };
}
