/** What ending calls needs from the rest of the kill switch, and what it tells. */
import type { Asking } from '../asking/asking.ts';
import type { CutoffState, Log, Notice } from '../doors.ts';
import type { PushResult } from '../providers/client.ts';
import type { ProviderClients } from '../providers/clients.ts';
import type { CallIdentity } from '../sessions/known-calls.ts';
import type { CallReach } from '../sessions/reach.ts';
import type { Order } from './orders.ts';
import type { EndTerms } from './terms.ts';

/** Figures of the kill switch; every one of them is for metrics alone. */
export interface CutoffMeasure {
  /** From `cutoff_at` to an accepted push, and to the proof of the end, in ms. */
  timeToKill(stage: 'pushed' | 'proven', ms: number): void;
  pushed(provider: string, order: Order, result: PushResult['status']): void;
  warned(): void;
  cutoffFailed(provider: string): void;
}

/** What calls are ended with. */
export interface CutoffDoors {
  readonly clients: Pick<ProviderClients, 'clientFor'>;
  /** Asks the provider whether a call is over, and captures it then. Without it only events prove. */
  readonly asking?: Pick<Asking, 'ask'> | undefined;
  /** @param fresh what this process knows will not do. @throws when nobody can tell just now */
  readonly reach: (call: CallIdentity, fresh: boolean) => Promise<CallReach | undefined>;
  readonly terms: (organizationId: string) => Promise<EndTerms>;
  /** How far the records say the cutoff has come. @throws when they are away */
  readonly cutoffState: (call: CallIdentity) => Promise<CutoffState>;
  /** Whether the timeline has a warning that no rescue followed. @throws when it is away */
  readonly wasWarned: (call: CallIdentity) => Promise<boolean>;
  /** Writes how far it has come. Never waits, never fails. */
  readonly moved: (call: CallIdentity, state: CutoffState) => void;
  readonly measure?: CutoffMeasure | undefined;
  readonly notice?: ((notice: Notice) => void) | undefined;
}

/** Puts a decision on a call's timeline. */
export type Note = (
  call: { readonly organizationId: string; readonly callId: string },
  kind: string,
  details: Record<string, unknown>,
) => void;

export interface CutoffContext {
  /** Without doors a cutoff is noted, and left to the status checks and the provider's cap. */
  readonly doors: CutoffDoors | undefined;
  readonly note: Note;
  readonly log: Log;
  /** An accepted push that brought no proof is repeated after this at the latest, ms; 5,000 by default. */
  readonly confirmMs?: number | undefined;
}
