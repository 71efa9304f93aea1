// Which wallets a hold is on, remembered, so that a check is one round trip; the hold itself never
// changes its legs.

const REMEMBERED_MAX = 200_000;

export interface HoldLegs {
  get(holdId: string): readonly string[] | undefined;
  set(holdId: string, walletIds: readonly string[]): void;
}

/** The oldest are forgotten first; forgetting one costs a read. */
export function createHoldLegs(max: number = REMEMBERED_MAX): HoldLegs {
  const legs = new Map<string, readonly string[]>();
  return {
    get: (holdId) => legs.get(holdId),
    set(holdId, walletIds) {
      legs.set(holdId, walletIds);
      if (legs.size <= max) return;
      const oldest = legs.keys().next();
      if (!oldest.done) legs.delete(oldest.value);
    },
  };
}
