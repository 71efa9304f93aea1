import { play } from './play.js';
import { dialerMix } from './scenarios.js';

export const { options, setup, iteration } = play(dialerMix);
