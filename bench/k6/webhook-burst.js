import { play } from './play.js';
import { webhookBurst } from './scenarios.js';

export const { options, setup, iteration } = play(webhookBurst);
