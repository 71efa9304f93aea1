/** Which call does a route mean, and may this key do that to it? */
import type { CallIdentity } from '../../kill-switch/index.ts';
import { forbidden } from '../auth/access.ts';
import type { Action } from '../auth/permissions.ts';
import type { Principal } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';
import type { CallServices } from './call-services.ts';

/** A call of nobody, of another tenant, or of no organization at all: all three look the same. */
export function callNotFound(callId: string): Problem {
  return new Problem('call_not_found', `There is no call ${callId.slice(0, 64)} for this key.`);
}

/**
 * Finds the place of a call. Whether there is a hold at that place is for the engine to say.
 *
 * @param organizationId from the query, where a key could mean several.
 * @throws Problem call_not_found, forbidden, ambiguous_call
 */
export async function findCall(
  services: CallServices,
  principal: Principal,
  callId: string,
  organizationId: string | undefined,
  action: Action,
): Promise<CallIdentity> {
  const owner = organizationId ?? (await ownerOf(services, principal, callId, action));
  const decision = await services.access.decide(principal, action, owner);
  if (decision === 'not_found') throw callNotFound(callId);
  if (decision === 'forbidden') throw forbidden();
  const call = await services.sessions.identify(owner, callId);
  if (call === undefined) throw callNotFound(callId);
  return call;
}

async function ownerOf(
  services: CallServices,
  principal: Principal,
  callId: string,
  action: Action,
): Promise<string> {
  const own = principal.organizationId;
  if (own !== null && principal.role === 'organization') return own;
  const owners = await services.sessions.organizationsWithCall(callId);
  const visible: string[] = [];
  for (const owner of owners) {
    if ((await services.access.decide(principal, action, owner)) !== 'not_found')
      visible.push(owner);
  }
  const [only, ...others] = visible;
  if (others.length > 0)
    throw new Problem('ambiguous_call', undefined, { param: 'organization_id' });
  // An agency's own call may be too new to be found by its id alone.
  const owner = only ?? own;
  if (owner === null || owner === undefined) throw callNotFound(callId);
  return owner;
}
