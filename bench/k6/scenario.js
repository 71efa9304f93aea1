/**
 * What a scenario is: pure data and functions of a number, so that k6 and our own generator play the
 * very same one. Call ids are the caller's own, so every request is known before any answer.
 *
 * @typedef {object} Tenant
 * @property {string} organizationId
 * @property {string} key an API key of the organization
 *
 * @typedef {object} World
 * @property {string} baseUrl
 * @property {string} run unique among runs on the same Ringfence
 * @property {string} vapiSecret VAPI_WEBHOOK_SECRET of that Ringfence, '' when it has none
 * @property {readonly Tenant[]} tenants at least one, with a wallet that can pay
 *
 * @typedef {object} Request always a POST
 * @property {string} path
 * @property {string} body JSON
 * @property {Readonly<Record<string, string>>} headers
 * @property {number} expected the status of success
 *
 * @typedef {object} Stage iterations arrive at this rate, whether earlier ones have ended or not
 * @property {number} perSecond
 * @property {number} seconds
 *
 * @typedef {object} Thresholds crossed, the scenario has failed
 * @property {number} p95Ms of the requests
 * @property {number} p99Ms
 * @property {number} failedShare of the requests, 0 to 1
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} about
 * @property {readonly Stage[]} stages
 * @property {Thresholds} thresholds
 * @property {(world: World) => Request[]} prepare before the load, in any order, not measured
 * @property {(world: World, n: number) => Request[]} iteration the n-th, its requests one after another
 */

/**
 * The same load, shorter or slower: for a look, or for a machine that is shared.
 * @param {Scenario} scenario
 * @param {number} ofSeconds
 * @param {number} ofRate
 * @returns {Scenario}
 */
export function scaled(scenario, ofSeconds, ofRate) {
  const stages = scenario.stages.map(({ perSecond, seconds }) => ({
    perSecond: Math.max(1, Math.round(perSecond * ofRate)),
    seconds: Math.max(1, Math.round(seconds * ofSeconds)),
  }));
  return { ...scenario, stages };
}
