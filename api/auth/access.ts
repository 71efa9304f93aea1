import type { Organization, Wallet } from '../../persistence/index.ts';
import { Problem } from '../http/problem.ts';
import { type Action, type Decision, decide, type IsDescendant } from './permissions.ts';
import type { Principal } from './principal.ts';

/** What access decisions need of the directory. */
export interface AccessDirectory {
  organizations: {
    get(id: string): Promise<Organization | undefined>;
    isDescendant: IsDescendant;
  };
  wallets: { get(id: string): Promise<Wallet | undefined> };
}

/**
 * Finds what a request names and decides whether its maker may do that to it.
 * Every method throws Problem not_found where the thing is unknown or belongs to another tenant
 * (the two look the same), and forbidden where it may be read but not more.
 */
export interface Access {
  organization(principal: Principal, id: string, action: Action): Promise<Organization>;
  wallet(principal: Principal, id: string, action: Action): Promise<Wallet>;
  /** The bare decision, for things that belong to an organization. */
  decide(principal: Principal, action: Action, organizationId: string): Promise<Decision>;
  /** The part of a list that a principal may read: all, one organization, or one and all below. */
  scope(principal: Principal): { organizationId?: string; within?: string };
  /** @throws Problem forbidden unless the key is the platform's. */
  platform(principal: Principal): void;
}

export function createAccess(directory: AccessDirectory): Access {
  const isDescendant: IsDescendant = (ancestorId, id) =>
    directory.organizations.isDescendant(ancestorId, id);
  return {
    async organization(principal, id, action) {
      const organization = await directory.organizations.get(id);
      if (organization === undefined) throw unknown('organization', id);
      permit(await decide(principal, action, id, isDescendant), 'organization', id);
      return organization;
    },
    async wallet(principal, id, action) {
      const wallet = await directory.wallets.get(id);
      if (wallet === undefined) throw unknown('wallet', id);
      permit(await decide(principal, action, wallet.organizationId, isDescendant), 'wallet', id);
      return wallet;
    },
    decide: (principal, action, organizationId) =>
      decide(principal, action, organizationId, isDescendant),
    scope({ role, organizationId }) {
      if (organizationId === null) return {};
      return role === 'organization' ? { organizationId } : { within: organizationId };
    },
    platform(principal) {
      if (principal.role !== 'platform') throw forbidden();
    },
  };
}

function permit(decision: Decision, what: string, id: string): void {
  if (decision === 'not_found') throw unknown(what, id);
  if (decision === 'forbidden') throw forbidden();
}

/** This key may see the thing but not do that to it. */
export function forbidden(message = 'This key may not do that here.'): Problem {
  return new Problem('forbidden', message);
}

function unknown(what: string, id: string): Problem {
  return new Problem('not_found', `There is no ${what} ${id.slice(0, 64)} for this key.`);
}
