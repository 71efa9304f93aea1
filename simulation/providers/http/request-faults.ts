import type { Dice } from '../exchange/dice.ts';
import type { RequestFaults } from '../exchange/faults.ts';

/** What will go wrong with one request, drawn before it is handled. */
export interface Mishap {
  /** Real ms before the effect. */
  readonly latencyMs: number;
  readonly instead: 'error' | 'reset' | undefined;
  readonly afterwards: 'error' | 'reset' | 'silence' | 'truncated' | undefined;
}

/** Always draws the same number of times. What prevents the effect wins over what hides it. */
export function drawMishap(faults: RequestFaults, dice: Dice): Mishap {
  const latencyMs = dice.between(faults.latencyMs ?? [0, 0]);
  const resetBefore = dice.chance(faults.resetBefore ?? 0);
  const errorBefore = dice.chance(faults.errorBefore ?? 0);
  const resetAfter = dice.chance(faults.resetAfter ?? 0);
  const timeout = dice.chance(faults.timeout ?? 0);
  const errorAfter = dice.chance(faults.errorAfter ?? 0);
  const truncated = dice.chance(faults.truncated ?? 0);
  let instead: Mishap['instead'];
  if (resetBefore) instead = 'reset';
  else if (errorBefore) instead = 'error';
  let afterwards: Mishap['afterwards'];
  if (resetAfter) afterwards = 'reset';
  else if (timeout) afterwards = 'silence';
  else if (errorAfter) afterwards = 'error';
  else if (truncated) afterwards = 'truncated';
  return { latencyMs, instead, afterwards };
}
