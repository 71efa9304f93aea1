/** Releases a wallet while its partition is shut, and puts Redis in step with what the ledger says then. */
import {
  type Decision,
  type ReleaseAnswer,
  readLedgerImage,
  releaseWallet,
} from '../../persistence/index.ts';
import type { CommandStores } from '../stores.ts';

/**
 * Nobody writes between the release and the restore, so a Redis that took the other branch of a fork
 * cannot fork again. The wallets that were released come back from the ledger whole, with their holds.
 * @throws Error when there is no such wallet
 */
export async function release(
  stores: CommandStores,
  walletId: string,
  rebase: boolean,
  decision: Decision,
): Promise<ReleaseAnswer> {
  const image = await readLedgerImage(stores.sql, walletId);
  if (image === undefined) throw new Error(`there is no wallet ${walletId}`);
  if (!image.quarantined) return { status: 'not_quarantined' };
  const maintenance = await stores.openMaintenance();
  try {
    let answer: ReleaseAnswer | undefined;
    await maintenance.recover(image.partition, async () => {
      const options = { rebase, decision, followers: stores.followers };
      answer = await releaseWallet(stores.sql, stores.chainKey, walletId, options);
      // It raised the epoch, whatever it answered.
      const doubted = answer.status === 'released' ? answer.walletIds : [];
      return { status: 'again', doubted };
    });
    return answer ?? { status: 'not_quarantined' };
  } finally {
    maintenance.stop();
  }
}

export function releaseText(walletId: string, answer: ReleaseAnswer): string {
  if (answer.status === 'not_quarantined') return `${walletId} is not in quarantine\n`;
  if (answer.status === 'released') {
    const { walletIds, entries, rebased } = answer;
    const how = rebased ? ', on top of the ledger' : '';
    return `released ${walletIds.join(', ')}: ${entries} entries went into the ledger${how}\n`;
  }
  const { mutationId, kind, detail } = answer;
  const mend =
    kind === 'fork' || kind === 'gap'
      ? "decide with the providers' own records; --rebase puts what waits on top of the ledger"
      : 'mend its cause first';
  return `nothing was changed: ${mutationId} is a ${kind} (${detail}); ${mend}\n`;
}
