/** Which losses the durability of an acknowledgement allows, and which it does not. */
import type { Acknowledged, LoadFigures } from './acknowledged.ts';

/** The blow of a cycle, epoch ms. */
export interface Blow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How long a busy client takes to write down an answer that was on its way. */
const NOTING_MS = 200;

/** @param windowMs how long before the blow an acknowledgement of Redis alone may lie */
export function lossFaults(
  { fromMs, toMs }: Blow,
  windowMs: number,
  lost: readonly Acknowledged[],
): string[] {
  return lost.flatMap((one) => {
    const name = `lost: ${one.verb} ${one.id}, acknowledged ${fromMs - one.atMs} ms before the blow`;
    if (one.waited) return [`${name}, with wait_for ledger`];
    if (windowMs === 0) return [name];
    const isInside = one.atMs > fromMs - windowMs && one.atMs < toMs + NOTING_MS;
    return isInside ? [] : [`${name}: outside its window`];
  });
}

/** A call that was authorized may be unknown later only if its hold is really lost. */
export function vanishedFaults({ vanished }: LoadFigures, lost: readonly Acknowledged[]): string[] {
  const lostIds = new Set(lost.map((one) => one.id));
  return vanished.flatMap(({ holdId, atMs }) =>
    lostIds.has(holdId) ? [] : [`${holdId} is in the ledger and was unknown at ${atMs}`],
  );
}

/** How long before the blow the oldest of the lost was acknowledged, in ms; 0 if none is lost. */
export function lossReachMs({ fromMs }: Blow, lost: readonly Acknowledged[]): number {
  return Math.max(0, ...lost.map(({ atMs }) => fromMs - atMs));
}
