/** The processes of Ringfence are killed -9 in turns; the stores live on. */
import { setTimeout as pause } from 'node:timers/promises';
import { type DoomedCall, doomCall } from '../load/doomed-call.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import type { ApartStage } from '../stage.ts';

const ROLES = ['api', 'flusher', 'enforcer'] as const;
/** The only enforcer dies at most so long before a call has to end, and starts after that moment. */
const BEFORE_MS_MAX = 1_000;

export const processes: Scenario<ApartStage> = {
  name: 'processes',
  summary:
    'API, flusher and enforcer killed -9 in turns: nothing is lost, and a call is still cut off',
  cycles: 6,
  seconds: 1,
  lasts: false,
  strike(stage, n) {
    const role = ROLES[n % ROLES.length] ?? 'api';
    let doomed: DoomedCall | undefined;
    return {
      label: role,
      windowMs: 0,
      recovers: false,
      async prepare() {
        doomed = role === 'enforcer' ? await doomCall(stage) : undefined;
      },
      async blow(): Promise<Outcome> {
        const waitMs = (doomed?.cutoffAtMs ?? 0) - BEFORE_MS_MAX * Math.random() - Date.now();
        if (waitMs > 0) await pause(waitMs);
        await stage[role].kill9();
        const struckAtMs = Date.now();
        await stage[role].start();
        return { struckAtMs, ...(await doomed?.over()) };
      },
    };
  },
};
