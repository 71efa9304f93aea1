import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Short files whose tests take a minute or more. */
const LONG = [
  'simulation/chaos/chaos.test.ts',
  'simulation/gate/gate.test.ts',
  'bench/compare.test.ts',
];

/**
 * Vitest begins with the largest files, for want of anything better on a fresh clone. A small one that takes
 * minutes would come last, and be waited for alone.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) =>
      LONG.some((name) => moduleId.endsWith(name));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
