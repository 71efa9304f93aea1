/** The processes of Ringfence are killed -9 in turns; the stores live on. */
import { LEVEL_MS, type Scenario } from '../scenario.ts';
import type { ApartStage } from '../stage.ts';

const ROLES = ['api', 'flusher', 'enforcer'] as const;

export const processes: Scenario<ApartStage> = {
  name: 'processes',
  summary: 'API, flusher and enforcer killed -9 in turns, each started again: nothing may be lost',
  cycles: 6,
  seconds: 1,
  lasts: false,
  strike(stage, n) {
    const role = ROLES[n % ROLES.length] ?? 'api';
    return {
      label: role,
      windowMs: 0,
      recovers: false,
      levelMs: LEVEL_MS,
      async blow() {
        await stage[role].kill9();
        await stage[role].start();
        return {};
      },
    };
  },
};
