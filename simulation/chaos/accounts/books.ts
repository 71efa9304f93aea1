/** What every wallet must hold, from the acknowledgements alone. */
import type { Acknowledged, Move } from './acknowledged.ts';

export class Books {
  readonly #wanted = new Map<string, number>();

  book(moves: readonly Move[]): void {
    for (const { walletId, amountMicros } of moves) {
      this.#wanted.set(walletId, (this.#wanted.get(walletId) ?? 0) + amountMicros);
    }
  }

  /** Every client knows the outcome of every request, so the balance is known to the micro. */
  bookAll(acknowledged: readonly Acknowledged[], lost: readonly Acknowledged[]): void {
    const gone = new Set(lost);
    for (const one of acknowledged) if (!gone.has(one)) this.book(one.moves);
  }

  faults(posted: ReadonlyMap<string, number>): string[] {
    return [...this.#wanted].flatMap(([walletId, wanted]) => {
      const found = posted.get(walletId) ?? 0;
      return found === wanted ? [] : [`${walletId}: posted ${found} instead of ${wanted}`];
    });
  }
}
