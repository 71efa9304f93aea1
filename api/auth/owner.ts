import { Problem } from '../http/problem.ts';
import { type Access, forbidden } from './access.ts';
import type { Principal } from './principal.ts';

/**
 * Permits what an organization may do for itself and its manager for it: set up its accounts at
 * providers, its webhooks and its mail.
 * @throws Problem not_found, forbidden
 */
export async function permitOwner(
  access: Access,
  principal: Principal,
  organizationId: string,
): Promise<void> {
  await access.organization(principal, organizationId, 'read');
  const decisions = await Promise.all([
    access.decide(principal, 'operate', organizationId),
    access.decide(principal, 'manage', organizationId),
  ]);
  if (!decisions.includes('allowed')) throw forbidden();
}

/**
 * The same for something that belongs to an organization, or, where that is null, to the platform. What
 * is not to be seen does not exist.
 * @param name of the thing, as in "There is no ..."
 */
export async function permitOwned(
  access: Access,
  principal: Principal,
  name: string,
  organizationId: string | null,
  action: 'read' | 'change',
): Promise<void> {
  if (organizationId === null) {
    if (principal.organizationId !== null) throw nothing(name);
    if (action === 'change') access.platform(principal);
    return;
  }
  const decision = await access.decide(principal, 'read', organizationId);
  if (decision !== 'allowed') throw nothing(name);
  if (action === 'change') await permitOwner(access, principal, organizationId);
}

export function nothing(name: string): Problem {
  return new Problem('not_found', `There is no ${name.slice(0, 100)} for this key.`);
}
