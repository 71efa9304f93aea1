/** Work on wallets, one piece at a time for each, and only so many at once. */
import type { PaymentLog } from '../context.ts';

export interface Hands {
  /** Begins, unless the wallet is in hand, rests after a failure, or there is no hand free. */
  begin(walletId: string, work: () => Promise<void>): void;
  free(): number;
  /** Resolves when nothing is in hand. */
  done(): Promise<void>;
}

export interface HandsOptions {
  readonly most: number;
  /** How long a wallet whose work failed is left alone. */
  readonly restMs: number;
  /** Called when a hand that somebody wanted is free, or a wallet that was in hand. */
  wake(): void;
  readonly log: PaymentLog;
}

export function createHands({ most, restMs, wake, log }: HandsOptions): Hands {
  const inHand = new Map<string, Promise<void>>();
  /** When each that failed may be begun again. */
  const resting = new Map<string, number>();
  let wanted = false;

  async function run(walletId: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (err) {
      resting.set(walletId, performance.now() + restMs);
      log.error({ err, walletId }, 'a wallet could not be recharged now');
    }
    inHand.delete(walletId);
    if (!wanted) return;
    wanted = false;
    wake();
  }

  return {
    begin(walletId, work) {
      if (inHand.has(walletId) || inHand.size >= most) {
        wanted = true;
        return;
      }
      if ((resting.get(walletId) ?? 0) > performance.now()) return;
      resting.delete(walletId);
      inHand.set(walletId, run(walletId, work));
    },
    free: () => Math.max(0, most - inHand.size),
    async done() {
      await Promise.all(inHand.values());
    },
  };
}
