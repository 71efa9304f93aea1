/**
 * Who may do what to which organization. One rule decides every route:
 *
 *   action    platform   agency              organization   finance
 *   read      all        own + descendants   own            own + descendants (all without one)
 *   operate   all        own                 own            -
 *   manage    all        descendants         -              -
 *   treasury  all        -                   -              -
 *
 * `operate` moves an organization's own money or calls; `manage` is create, prices, limits, keys;
 * `treasury` makes money or turns billing off. Nobody manages themselves, so nobody raises their
 * own limits or prices.
 *
 * What a principal may not read does not exist for it: the answer is 404, the same as for an
 * unknown id. What it may read and not do is 403.
 */
import type { Principal } from './principal.ts';

export type Action = 'read' | 'operate' | 'manage' | 'treasury';
export type Decision = 'allowed' | 'forbidden' | 'not_found';

/** True when `id` lies strictly below `ancestorId`. */
export type IsDescendant = (ancestorId: string, id: string) => Promise<boolean>;

/** Decides on one organization that exists. */
export async function decide(
  principal: Principal,
  action: Action,
  organizationId: string,
  isDescendant: IsDescendant,
): Promise<Decision> {
  if (principal.role === 'platform') return 'allowed';
  const own = principal.organizationId;
  if (own === null) return action === 'read' ? 'allowed' : 'forbidden';
  if (own === organizationId) return mayInOwn(principal, action) ? 'allowed' : 'forbidden';
  if (principal.role === 'organization') return 'not_found';
  if (!(await isDescendant(own, organizationId))) return 'not_found';
  if (action === 'read') return 'allowed';
  return principal.role === 'agency' && action === 'manage' ? 'allowed' : 'forbidden';
}

function mayInOwn(principal: Principal, action: Action): boolean {
  if (action === 'read') return true;
  return action === 'operate' && principal.role !== 'finance';
}
