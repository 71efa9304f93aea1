// Which of three clocks is right: a partition's own, Postgres' and this machine's.

/** Clocks this close to each other agree. */
const SKEW_MS = 2_000;

/**
 * The time, if two agree or it is in the middle; all three are of one moment. A partition's own clock is kept
 * if any other agrees with it, so that time goes on without a step.
 * @param postgresMs undefined when it cannot be asked
 * @returns undefined when there are two, and they disagree
 */
export function rightTime(
  ownMs: number,
  machineMs: number,
  postgresMs: number | undefined,
): number | undefined {
  if (isNear(ownMs, machineMs)) return ownMs;
  if (postgresMs === undefined) return undefined;
  if (isNear(ownMs, postgresMs)) return ownMs;
  if (isNear(machineMs, postgresMs)) return postgresMs;
  return [ownMs, machineMs, postgresMs].sort((a, b) => a - b)[1];
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= SKEW_MS;
}
