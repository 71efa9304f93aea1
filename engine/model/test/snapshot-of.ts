// The model's world in the words of a snapshot of Redis.

import type { ModelState } from '../state.ts';
import type { Snapshot } from './redis-partition.ts';

export function snapshotOf(world: ModelState): Snapshot {
  const walletIds = [...world.ledger.wallets.keys()];
  return {
    wallets: inOrder(world.wallets, walletIds),
    holds: new Map([...world.holds.keys()].flatMap((id) => entryOf(world.holds, id))),
    due: world.due,
    finals: new Map(walletIds.map((id) => [id, world.finals.get(id) ?? new Map()])),
    journal: world.journal,
  };
}

function inOrder<T>(map: ReadonlyMap<string, T>, ids: readonly string[]): Map<string, T> {
  return new Map(ids.flatMap((id) => entryOf(map, id)));
}

function entryOf<T>(map: ReadonlyMap<string, T>, id: string): [string, T][] {
  const value = map.get(id);
  return value === undefined ? [] : [[id, value]];
}
