/** Which losses the durability of an acknowledgement allows, and which it does not. */
import type { Acknowledged, LoadFigures } from './acknowledged.ts';

/** The blow of a cycle, epoch ms. */
export interface Blow {
  readonly struckAtMs: number;
  /** What was asked for after this must not be lost, however soon it was acknowledged. */
  readonly lossEndsAtMs: number;
}

/** @param windowMs how long before the blow an acknowledgement of Redis alone may lie */
export function lossFaults(
  { struckAtMs, lossEndsAtMs }: Blow,
  windowMs: number,
  lost: readonly Acknowledged[],
): string[] {
  return lost.flatMap((one) => {
    const name = `lost: ${one.verb} ${one.id}, acknowledged ${struckAtMs - one.atMs} ms before the blow`;
    if (one.waited) return [`${name}, with wait_for ledger`];
    if (windowMs === 0) return [name];
    const isInside = one.atMs > struckAtMs - windowMs && one.sentAtMs <= lossEndsAtMs;
    return isInside ? [] : [`${name}: outside its window`];
  });
}

/**
 * The ledger is a prefix of what happened (I7): of one wallet nothing is lost that came before something
 * that was kept. What was acknowledged after the blow takes the place of what is lost.
 */
export function holeFaults(
  struckAtMs: number,
  acknowledged: readonly Acknowledged[],
  lost: readonly Acknowledged[],
): string[] {
  const gone = new Set(lost);
  const kept = new Map<string, number>();
  for (const one of acknowledged) {
    const [move] = one.moves;
    if (one.sequence === undefined || move === undefined) continue;
    if (gone.has(one) || one.atMs > struckAtMs) continue;
    kept.set(move.walletId, Math.max(kept.get(move.walletId) ?? 0, one.sequence));
  }
  return lost.flatMap(({ verb, id, moves: [move], sequence }) => {
    const later = kept.get(move?.walletId ?? '') ?? 0;
    if (sequence === undefined || later < sequence) return [];
    return [`lost: ${verb} ${id}, sequence ${sequence} of ${move?.walletId}; kept: ${later}`];
  });
}

/** A call that was authorized may be unknown later only if its hold is really lost. */
export function vanishedFaults({ vanished }: LoadFigures, lost: readonly Acknowledged[]): string[] {
  const lostIds = new Set(lost.flatMap(({ verb, id }) => (verb === 'authorize' ? [id] : [])));
  return vanished.flatMap(({ call: { holdId }, atMs }) =>
    lostIds.has(holdId) ? [] : [`${holdId} is in the ledger and was unknown at ${atMs}`],
  );
}

/** How long before the blow the oldest of the lost was acknowledged, in ms; 0 if none is lost. */
export function lossReachMs(struckAtMs: number, lost: readonly Acknowledged[]): number {
  return Math.max(0, ...lost.map(({ atMs }) => struckAtMs - atMs));
}
