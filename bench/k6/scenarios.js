/**
 * All scenarios. The thresholds are those of one API process on two cores that it shares with
 * Redis, Postgres, the flusher and the generator.
 * @typedef {import('./scenario.js').Scenario} Scenario
 * @typedef {import('./scenario.js').World} World
 */
import { authorize, check, end, start, tenantOf, vapi } from './requests.js';

const LIVE_CALLS = 500;
const TALK_SECONDS = 61;

/** @type {Scenario} */
export const authorizeBurst = {
  name: 'authorize-burst',
  about: 'a campaign begins: authorizations before the dial, tenfold all at once',
  stages: [
    { perSecond: 40, seconds: 5 },
    { perSecond: 400, seconds: 10 },
    { perSecond: 40, seconds: 5 },
  ],
  thresholds: { p95Ms: 50, p99Ms: 150, failedShare: 0 },
  prepare: () => [],
  iteration: (world, n) => [authorize(tenantOf(world, n), `${world.run}-burst-${n}`)],
};

/** @type {Scenario} */
export const statusChecks = {
  name: 'status-checks',
  about: `the status checks of ${LIVE_CALLS} live calls, all providers asking at once`,
  stages: [
    { perSecond: 100, seconds: 5 },
    { perSecond: 600, seconds: 15 },
  ],
  thresholds: { p95Ms: 30, p99Ms: 100, failedShare: 0 },
  prepare: (world) =>
    // The first check is a sign of life: it starts the call.
    Array.from({ length: LIVE_CALLS }, (_, n) =>
      authorize(tenantOf(world, n), `${world.run}-check-${n}`),
    ),
  iteration(world, n) {
    const call = n % LIVE_CALLS;
    const elapsed = 1 + Math.floor(n / LIVE_CALLS);
    return [check(tenantOf(world, call), `${world.run}-check-${call}`, elapsed)];
  },
};

/** @type {Scenario['iteration']} */
function wholeCall(world, n) {
  const [tenant, callId] = [tenantOf(world, n), `${world.run}-call-${n}`];
  return [
    authorize(tenant, callId),
    start(tenant, callId),
    check(tenant, callId, 30),
    check(tenant, callId, 60),
    end(tenant, callId, TALK_SECONDS),
  ];
}

/** @type {Scenario} */
export const dialerMix = {
  name: 'dialer-mix',
  about: 'whole calls of a dialer: authorize, start, two checks, end',
  stages: [{ perSecond: 80, seconds: 20 }],
  thresholds: { p95Ms: 40, p99Ms: 120, failedShare: 0 },
  prepare: () => [],
  iteration: wholeCall,
};

/** @type {Scenario} */
export const webhookBurst = {
  name: 'webhook-burst',
  about: 'Vapi tells of many calls at once, and repeats their last message',
  stages: [
    { perSecond: 20, seconds: 5 },
    { perSecond: 100, seconds: 10 },
  ],
  thresholds: { p95Ms: 60, p99Ms: 200, failedShare: 0 },
  prepare: () => [],
  iteration(world, n) {
    const [tenant, callId] = [tenantOf(world, n), `${world.run}-hook-${n}`];
    const id = `vapi-${callId}`;
    const now = Date.now();
    const report = {
      type: 'end-of-call-report',
      endedReason: 'customer-ended-call',
      cost: 0.05,
      startedAt: new Date(now).toISOString(),
      endedAt: new Date(now + TALK_SECONDS * 1000).toISOString(),
    };
    return [
      authorize(tenant, callId, { provider: 'vapi', provider_call_id: id }),
      vapi(world, id, { type: 'status-update', status: 'in-progress', timestamp: now }),
      vapi(world, id, { type: 'conversation-update', messages: [], timestamp: now }),
      vapi(world, id, report),
      vapi(world, id, report),
    ];
  },
};

/** @type {Scenario} */
export const soak = {
  name: 'soak',
  about: 'whole calls at a third of the rate for half an hour: nothing may grow or slow down',
  stages: [{ perSecond: 25, seconds: 1_800 }],
  thresholds: { p95Ms: 30, p99Ms: 100, failedShare: 0 },
  prepare: () => [],
  iteration: (world, n) => wholeCall({ ...world, run: `${world.run}-soak` }, n),
};

/** @type {readonly Scenario[]} */
export const SCENARIOS = [authorizeBurst, statusChecks, dialerMix, webhookBurst, soak];
