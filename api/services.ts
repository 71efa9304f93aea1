import type { Engine, LedgerSource } from '../engine/index.ts';
import type { AwaitedMutation, Directory } from '../persistence/index.ts';
import type { Access } from './auth/access.ts';
import type { RecentHolds } from './holds/recent-holds.ts';

/** What routes work with. Made once by the composition root. */
export interface Services {
  engine: Engine;
  directory: Directory;
  access: Access;
  /** Reads of the ledger, behind the committed cursor. */
  ledger: Pick<LedgerSource, 'hold'>;
  recentHolds: RecentHolds;
  /** The number of partitions, fixed at first boot. */
  partitions: number;
  /**
   * Resolves when the mutation is in the ledger.
   * @throws OutageError ledger_wait_timeout: a repeat under the same key waits again.
   */
  waitForLedger(mutation: AwaitedMutation): Promise<void>;
}
