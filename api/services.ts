import type { Engine, LedgerSource } from '../engine/index.ts';
import type { Directory } from '../persistence/index.ts';
import type { Access } from './auth/access.ts';
import type { RecentHolds } from './holds/recent-holds.ts';

/** A row of the ledger to wait for. */
export interface LedgerPlace {
  walletId: string;
  sequence: number;
}

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
   * Resolves when every row has committed.
   * @throws OutageError ledger_wait_timeout; the effect stands.
   */
  waitForLedger(places: readonly LedgerPlace[]): Promise<void>;
}
