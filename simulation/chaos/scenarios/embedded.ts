/** The process of `npm start` is killed -9 and takes the Redis and Postgres it had started with it. */
import { EVERYSEC_WINDOW_MS, type Scenario } from '../scenario.ts';
import type { EmbeddedStage } from '../stage.ts';

export const embedded: Scenario<EmbeddedStage> = {
  name: 'embedded',
  summary: 'the process of npm start killed -9 together with the stores it had started',
  cycles: 4,
  seconds: 1,
  lasts: false,
  strike: ({ ringfence }) => ({
    label: 'process and stores',
    windowMs: EVERYSEC_WINDOW_MS,
    recovers: false,
    async blow() {
      const fromMs = Date.now();
      await ringfence.kill9();
      const struckAtMs = Date.now();
      await ringfence.start();
      return { struckAtMs, windowMs: EVERYSEC_WINDOW_MS + struckAtMs - fromMs };
    },
  }),
};
