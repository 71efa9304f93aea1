/** The virtual clock: scripts take their time from the fence of a test, and from nowhere else. */
import type { Redis } from 'ioredis';
import {
  keys,
  type PartitionState,
  packPartitionState,
  unpackPartitionState,
} from '../../engine/index.ts';
import { valuesOf } from './redis-image.ts';
import { PARTITIONS } from './stage.ts';

/** 15 January 2027: any time will do, as long as each world begins at it. */
export const T0 = 1_800_000_000_000;

/** A fence that no recovery has opened yet, as in an empty Redis. */
const UNOPENED: PartitionState = {
  open: false,
  epoch: 0,
  nowMs: 0,
  forgetsAtMs: 0,
  checkLedgerUntilMs: 0,
  loadEpoch: 0,
  testNowMs: 0,
  clockShiftMs: 0,
  trustedUntilMs: 0,
};

/** Sets the wall clock of all partitions, and only it: a script's own time never goes back. */
export async function setClock(redis: Redis, testNowMs: number): Promise<void> {
  const names = Array.from({ length: PARTITIONS }, (_, p) => keys.partition(p));
  const fences = await redis.mgetBuffer(names);
  const pipeline = redis.pipeline();
  fences.forEach((packed, p) => {
    const state = packed ? unpackPartitionState(packed) : UNOPENED;
    pipeline.set(keys.partition(p), packPartitionState({ ...state, testNowMs }));
  });
  valuesOf(await pipeline.exec());
}
