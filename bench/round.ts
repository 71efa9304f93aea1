/**
 * One round of one measurement, in a process of its own so that neither a warm heap nor a warm
 * just-in-time compiler of an earlier one counts. Spoken to over its parent's channel. Where figures
 * mean nothing, one process does them all.
 */
import type { Round } from './measurement.ts';
import { measurementOf } from './measurements.ts';

export interface RoundOrder {
  readonly id: string;
  readonly round: Round;
}

process.on('message', (order: RoundOrder) => {
  run(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
// A parent that is gone waits for nothing. An exit of our own accord, so that a profile (--cpu-prof) is written.
for (const ending of ['disconnect', 'SIGTERM']) process.once(ending, () => process.exit(0));
process.send?.('ready');

async function run({ id, round }: RoundOrder) {
  const measure = await measurementOf(id).load();
  return await measure(round);
}
