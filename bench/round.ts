/**
 * One round of one measurement, in a process of its own so that neither a warm heap nor a warm
 * just-in-time compiler of an earlier one counts. Spoken to over its parent's channel.
 */
import type { Round } from './measurement.ts';
import { measurementOf } from './measurements.ts';

export interface RoundOrder {
  readonly id: string;
  readonly round: Round;
}

process.once('message', (order: RoundOrder) => {
  run(order).then(
    (answer) => process.send?.(answer, () => process.exit(0)),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
// A parent that is gone waits for nothing.
process.once('disconnect', () => process.exit(1));

async function run({ id, round }: RoundOrder) {
  const measure = await measurementOf(id).load();
  return await measure(round);
}
