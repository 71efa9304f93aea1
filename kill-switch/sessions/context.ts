import type { Engine, HoldState } from '../../engine/index.ts';
import type {
  CallDirectory,
  CallRecords,
  CutoffMove,
  Log,
  NewCallEvent,
  NewCallRecord,
} from '../doors.ts';
import type { KnownCalls } from './known-calls.ts';
import type { Reaches } from './reach.ts';
import type { WriteBehind } from './write-behind.ts';

/** What every operation on a call session works with. */
export interface SessionContext {
  readonly engine: Engine;
  readonly directory: CallDirectory;
  readonly records: CallRecords;
  /** The number of partitions, fixed at first boot. */
  readonly partitions: number;
  readonly known: KnownCalls;
  /** The last committed state of a hold, when the engine is away; undefined if that fails too. */
  readonly ledgerHold: (holdId: string) => Promise<HoldState | undefined>;
  readonly newRecords: WriteBehind<NewCallRecord>;
  /**
   * How long an authorize waits for the call's record, so that other processes find the call and no
   * process that dies takes its destination and metadata with it.
   */
  readonly recordPatienceMs: number;
  readonly newEvents: WriteBehind<NewCallEvent>;
  readonly cutoffMoves: WriteBehind<CutoffMove>;
  /** How calls are reached at their providers. */
  readonly reaches: Reaches;
  /** This process's clock, epoch ms: for outages and timelines. The engine has its own. */
  readonly nowMs: () => number;
  readonly startedAtMs: number;
  readonly log: Log;
  /** True when a failed read or write may succeed later without anybody changing anything. */
  readonly isOutage: (error: unknown) => boolean;
}

/** Puts a decision that moved no money on the call's timeline. Never waits, never fails. */
export function note(
  context: SessionContext,
  call: { readonly organizationId: string; readonly callId: string },
  kind: string,
  details: Record<string, unknown>,
): void {
  const { organizationId, callId } = call;
  const at = new Date(context.nowMs());
  const spelled = Object.entries(details).map(([name, value]) => [snakeCase(name), value]);
  const event = { organizationId, callId, kind, details: Object.fromEntries(spelled), at };
  void context.newEvents.write(event);
}

/** The timeline is read over HTTP, where names are in snake case. */
function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
