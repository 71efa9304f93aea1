/**
 * The requests that scenarios are made of.
 * @typedef {import('./scenario.js').Request} Request
 * @typedef {import('./scenario.js').World} World
 * @typedef {import('./scenario.js').Tenant} Tenant
 */

/**
 * @param {World} world
 * @param {number} n
 * @returns {Tenant}
 */
export function tenantOf(world, n) {
  const tenant = world.tenants[n % world.tenants.length];
  if (tenant === undefined) throw new Error('the world has no tenants');
  return tenant;
}

/**
 * @param {Tenant} tenant
 * @param {string} path
 * @param {object} body
 * @param {number} expected
 * @returns {Request}
 */
function post(tenant, path, body, expected) {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${tenant.key}`,
  };
  return { path, body: JSON.stringify(body), headers, expected };
}

/**
 * @param {Tenant} tenant
 * @param {string} callId
 * @param {object} [more]
 */
export function authorize(tenant, callId, more = {}) {
  return post(tenant, '/v1/calls', { call_id: callId, ...more }, 201);
}

/**
 * @param {Tenant} tenant
 * @param {string} callId
 */
export function start(tenant, callId) {
  return post(tenant, `/v1/calls/${callId}/start`, {}, 200);
}

/**
 * @param {Tenant} tenant
 * @param {string} callId
 * @param {number} elapsedSeconds
 */
export function check(tenant, callId, elapsedSeconds) {
  return post(tenant, `/v1/calls/${callId}/check`, { elapsed_seconds: elapsedSeconds }, 200);
}

/**
 * @param {Tenant} tenant
 * @param {string} callId
 * @param {number} durationSeconds
 */
export function end(tenant, callId, durationSeconds) {
  const body = { duration_seconds: durationSeconds, outcome: 'completed' };
  return post(tenant, `/v1/calls/${callId}/end`, body, 200);
}

/**
 * A server message of Vapi about a call that was authorized with this provider id.
 * @param {World} world
 * @param {string} providerCallId
 * @param {object} message
 * @returns {Request}
 */
export function vapi(world, providerCallId, message) {
  return {
    path: '/webhooks/vapi',
    body: JSON.stringify({ message: { ...message, call: { id: providerCallId } } }),
    headers: { 'content-type': 'application/json', 'x-vapi-secret': world.vapiSecret },
    expected: 200,
  };
}
