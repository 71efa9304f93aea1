/** A journal entry as it was read from a stream, decoded once. */
import { type JournalEntry, unpackJournalEntry } from '../../engine/index.ts';
import { contentHashOf } from '../ledger-row.ts';
import type { Run } from './positions.ts';

/** What a reader of the journal hands over. `id` is the stream id, `<ms>-<n>`. */
export interface StreamEntry {
  readonly id: string;
  readonly payload: Buffer;
}

export interface ReadEntry {
  readonly partition: number;
  readonly id: string;
  readonly payload: Buffer;
  readonly contentHash: Buffer;
  /** Undefined when the bytes are not a journal entry; `fault` then says why. */
  readonly entry: JournalEntry | undefined;
  readonly fault: string;
}

export function readEntry(partition: number, { id, payload }: StreamEntry): ReadEntry {
  const contentHash = contentHashOf(payload);
  try {
    const entry = unpackJournalEntry(payload);
    return { partition, id, payload, contentHash, entry, fault: '' };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { partition, id, payload, contentHash, entry: undefined, fault };
  }
}

/** The same run with its entries decoded. */
export function readRun({ partition, after, entries }: Run<StreamEntry>): Run {
  return { partition, after, entries: entries.map((entry) => readEntry(partition, entry)) };
}

/** Every wallet an entry concerns: those it moves, and those its hold may move later. */
export function walletsOf(entry: JournalEntry): string[] {
  const ids = new Set(entry.rows.map((row) => row.walletId));
  for (const leg of entry.hold?.legs ?? []) ids.add(leg.walletId);
  return [...ids];
}

/** Compares stream ids by number; as text, 10-0 would come before 9-0. */
export function compareStreamIds(a: string, b: string): number {
  const [aMs = '0', aN = '0'] = a.split('-');
  const [bMs = '0', bN = '0'] = b.split('-');
  return Number(aMs) - Number(bMs) || Number(aN) - Number(bN);
}
