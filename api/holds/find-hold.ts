import { setTimeout as pause } from 'node:timers/promises';
import { type HoldState, partitionOf } from '../../engine/index.ts';
import { forbidden } from '../auth/access.ts';
import type { Action } from '../auth/permissions.ts';
import type { Principal } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';
import type { Services } from '../services.ts';

export interface FoundHold {
  partition: number;
  hold: HoldState;
}

/** How long a platform key waits for a hold of another process to reach the ledger. */
const LEDGER_PATIENCE_MS = 500;
const LEDGER_POLL_MS = 50;

/**
 * Finds a hold and decides whether its finder may do that to it. An organization's holds are in the
 * partition of its root, so a key of an organization finds it in one step; a platform key names no
 * organization, so the ledger has to say whose it is.
 * @throws Problem hold_not_found (also for another tenant's), forbidden
 */
export async function findHold(
  services: Services,
  principal: Principal,
  holdId: string,
  action: Action,
): Promise<FoundHold> {
  const partition = await partitionFor(services, principal, holdId);
  const hold = partition === undefined ? undefined : await services.engine.hold(partition, holdId);
  if (partition === undefined || hold === undefined) throw notFound(holdId);
  const decision = await services.access.decide(principal, action, hold.organizationId);
  if (decision === 'not_found') throw notFound(holdId);
  if (decision === 'forbidden') throw forbidden();
  return { partition, hold };
}

async function partitionFor(
  services: Services,
  principal: Principal,
  holdId: string,
): Promise<number | undefined> {
  const organizationId =
    principal.organizationId ??
    services.recentHolds.get(holdId) ??
    (await organizationInLedger(services, holdId));
  if (organizationId === undefined) return undefined;
  const organization = await services.directory.organizations.get(organizationId);
  return organization && partitionOf(organization.rootId, services.partitions);
}

/** What ids of holds look like; anything else is not worth a wait. */
const HOLD_ID = /^hold_[0-9a-z]{26}$/;

/** Asks again for a moment: another process may have made the hold milliseconds ago. */
async function organizationInLedger({ ledger }: Services, holdId: string) {
  if (!HOLD_ID.test(holdId)) return undefined;
  for (let waitedMs = 0; waitedMs <= LEDGER_PATIENCE_MS; waitedMs += LEDGER_POLL_MS) {
    const hold = await ledger.hold(holdId);
    if (hold !== undefined) return hold.organizationId;
    await pause(LEDGER_POLL_MS);
  }
  return undefined;
}

function notFound(holdId: string): Problem {
  return new Problem('hold_not_found', `There is no hold ${holdId.slice(0, 64)} for this key.`);
}
