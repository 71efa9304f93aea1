/**
 * Plays a scenario with k6 (v1 or newer). The world comes from a file that `bench --scenarios` has
 * written (WORLD_FILE), or from BASE_URL and KEY, an organization's API key, of a Ringfence of yours.
 * SECONDS and RATE scale its stages.
 * @typedef {import('./scenario.js').Scenario} Scenario
 * @typedef {import('./scenario.js').Request} Request
 */
import { check, fail } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { scaled } from './scenario.js';

/** Enough for a burst in which every answer takes a second. */
const USERS_MAX = 500;
const USERS = 50;

/** @returns {import('./scenario.js').World} */
function readWorld() {
  if (__ENV.WORLD_FILE !== undefined) return JSON.parse(open(__ENV.WORLD_FILE));
  const { BASE_URL: baseUrl, KEY: key, ORGANIZATION_ID: organizationId = '' } = __ENV;
  if (baseUrl === undefined || key === undefined) throw new Error('set BASE_URL and KEY');
  const vapiSecret = __ENV.VAPI_WEBHOOK_SECRET ?? '';
  return { baseUrl, run: `k6-${Date.now()}`, vapiSecret, tenants: [{ organizationId, key }] };
}

const world = readWorld();

/** @param {Request} request */
function send({ path, body, headers, expected }) {
  const tags = { name: path.replace(/^\/v1\/calls\/[^/]+/, '/v1/calls/:id') };
  const answer = http.post(`${world.baseUrl}${path}`, body, { headers, tags });
  return check(answer, { 'the expected status': ({ status }) => status === expected });
}

/**
 * @param {Scenario} scenario
 * @returns {{ options: import('k6/options').Options, setup: () => void, iteration: () => void }}
 */
export function play(scenario) {
  const { stages, thresholds } = scaled(
    scenario,
    Number(__ENV.SECONDS ?? 1),
    Number(__ENV.RATE ?? 1),
  );
  return {
    options: {
      scenarios: {
        [scenario.name.replaceAll('-', '_')]: {
          executor: 'ramping-arrival-rate',
          startRate: stages[0]?.perSecond ?? 1,
          timeUnit: '1s',
          preAllocatedVUs: USERS,
          maxVUs: USERS_MAX,
          exec: 'iteration',
          // A stage of no time jumps to its rate; the next one stays there.
          stages: stages.flatMap(({ perSecond: target, seconds }) => [
            { target, duration: '0s' },
            { target, duration: `${seconds}s` },
          ]),
        },
      },
      thresholds: {
        http_req_duration: [`p(95)<${thresholds.p95Ms}`, `p(99)<${thresholds.p99Ms}`],
        checks: [`rate>=${1 - thresholds.failedShare}`],
        // An arrival that nobody could take is a failure of the generator, not a success.
        dropped_iterations: ['count<1'],
      },
    },
    setup() {
      for (const request of scenario.prepare(world)) {
        if (!send(request)) fail(`${request.path} did not prepare the scenario`);
      }
    },
    iteration() {
      const n = exec.scenario.iterationInTest;
      for (const request of scenario.iteration(world, n)) if (!send(request)) return;
    },
  };
}
