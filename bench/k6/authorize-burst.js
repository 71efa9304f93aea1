import { play } from './play.js';
import { authorizeBurst } from './scenarios.js';

export const { options, setup, iteration } = play(authorizeBurst);
