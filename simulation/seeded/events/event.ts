/** An event: something that happens in a world, and how often beside the others. */
import type { World } from '../world.ts';

export interface Event {
  readonly weight: number;
  /** Loses what Redis knew, or hides an answer: not in a calm world, where the model judges to the end. */
  readonly harsh?: boolean;
  run(world: World): Promise<void>;
}

export type Events = Readonly<Record<string, Event>>;
