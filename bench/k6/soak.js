import { play } from './play.js';
import { soak } from './scenarios.js';

export const { options, setup, iteration } = play(soak);
