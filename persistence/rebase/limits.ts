/** Which limits a wallet has after a fork: the ledger's, and what was set in the other branch since. */
import type { JournalEntry, JournalRow, WalletState } from '../../engine/index.ts';

const LIMITS = [
  'creditLimitMicros',
  'cutoffThresholdMicros',
  'lowBalanceThresholdMicros',
  'maxLiveCalls',
  'frozen',
  'quarantined',
] as const;

type Limits = Pick<WalletState, (typeof LIMITS)[number]>;

export class LimitsAfter {
  /** With what was put on the ledger so far. */
  readonly #ledger: Map<string, WalletState>;
  /** As the branch's last entry had it: what an entry set is what differs from that. */
  readonly #branch = new Map<string, WalletState>();

  constructor(ledger: ReadonlyMap<string, WalletState>) {
    this.#ledger = new Map(ledger);
  }

  /** Of a wallet after an entry of the branch; all that a first entry sets counts as set by it. */
  of(entry: JournalEntry, { walletId, wallet }: JournalRow): Limits {
    const before = this.#branch.get(walletId);
    const ledger = this.#ledger.get(walletId) ?? wallet;
    // Quarantine is what is being lifted, whatever the branch had noted of it.
    const isSet = (limit: keyof Limits) =>
      entry.operation === 'configure' &&
      limit !== 'quarantined' &&
      before?.[limit] !== wallet[limit];
    const set = LIMITS.filter(isSet).map((limit) => [limit, wallet[limit]] as const);
    const limits = LIMITS.map((limit) => [limit, ledger[limit]] as const);
    return Object.fromEntries([...limits, ...set]) as Limits;
  }

  /** @param branch the wallet as the entry had it @param ledger as it was put on the ledger */
  take(walletId: string, branch: WalletState, ledger: WalletState): void {
    this.#branch.set(walletId, branch);
    this.#ledger.set(walletId, ledger);
  }
}
