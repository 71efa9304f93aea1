import { play } from './play.js';
import { statusChecks } from './scenarios.js';

export const { options, setup, iteration } = play(statusChecks);
