/** What the mutations of one partition have come to so far: what the next one is judged by. */
import type { HoldState, JournalEntry, WalletState } from '../../engine/index.ts';
import type { Stage } from './stage.ts';

export interface Past {
  readonly stage: Stage;
  /** After its last row. */
  wallet(id: string): WalletState;
  /** As the last entry of each left it. */
  readonly holds: ReadonlyMap<string, HoldState>;
  /** By key. */
  readonly effects: ReadonlyMap<string, Effect>;
  /** By mutation id. */
  readonly mutations: ReadonlyMap<string, Written>;
}

export interface Written {
  /** Stream id. */
  readonly id: string;
  readonly entry: JournalEntry;
}

/** What a key has done. */
export interface Effect {
  readonly mutationId: string;
  readonly atMs: number;
}

export function keyName(entry: {
  requestKind: string;
  requestScope: string;
  requestKey: string;
}): string {
  return [entry.requestKind, entry.requestScope, entry.requestKey].join('\n');
}

export function isOpen(hold: HoldState): boolean {
  return hold.closedAtMs === 0;
}
