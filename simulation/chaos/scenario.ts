/** What a scenario is: a kind of blow, struck again and again under load. */
import type { LoadFigures } from './accounts/acknowledged.ts';
import type { Tenant } from './load/errands.ts';
import type { ParkedCalls } from './load/parked-calls.ts';
import type { Stage } from './stage.ts';

export interface ChaosOptions {
  /** Blows; left out: the scenario's own number. */
  readonly cycles?: number | undefined;
  /** How long what is away stays away, or the load runs before a blow; left out: the scenario's own. */
  readonly seconds?: number | undefined;
}

/** What a blow may look at while it lasts. */
export interface Witness {
  readonly tenants: readonly Tenant[];
  readonly figures: LoadFigures;
  readonly parked: ParkedCalls;
}

/** What came of a blow beside the accounts. */
export interface Outcome {
  /** When it had struck, epoch ms: what it killed has acknowledged nothing after it. */
  readonly struckAtMs: number;
  /** Where what it struck went on acknowledging for a while: until when, epoch ms. */
  readonly lossEndsAtMs?: number;
  /** The window of this blow, where it is known only afterwards. */
  readonly windowMs?: number;
  readonly faults?: readonly string[];
  /** For the table. */
  readonly note?: string;
}

/** One blow of a scenario. */
export interface Strike {
  /** What is special about this cycle: `everysec`, `flusher`. Rows are summed up by it. */
  readonly label: string;
  /**
   * How long before the blow an acknowledgement of Redis alone may be lost, in ms; 0: none may. Whatever
   * the window, no wallet may lose what came before something that it kept.
   */
  readonly windowMs: number;
  /** Whether a partition has to be shut and recovered; callers are told 503 `recovering` meanwhile. */
  readonly recovers: boolean;
  /** Before the load of this cycle. */
  prepare?(): Promise<void>;
  /** Under load. Answers when everything has been started again. */
  blow(witness: Witness): Promise<Outcome>;
}

export interface Scenario<S extends Stage> {
  readonly name: string;
  /** One line for the list of scenarios. */
  readonly summary: string;
  readonly cycles: number;
  /** As in the options. */
  readonly seconds: number;
  /** Its seconds are those of the outage, not of the load before it. */
  readonly lasts: boolean;
  /** @param n which cycle, from 0 */
  strike(stage: S, n: number, seconds: number): Strike;
}

/** AOF everysec syncs each second, and a sync may run late by another; what is beyond is a fault. */
export const EVERYSEC_WINDOW_MS = 2_500;
/** How far a replica in sync may be behind: milliseconds, or as long as a busy machine lets it wait. */
export const REPLICA_WINDOW_MS = 1_000;
