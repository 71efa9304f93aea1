/** From an organization and a caller's id to the hold, without asking anybody who need not know. */
import { callHoldId, partitionOf } from '../../engine/index.ts';
import type { SessionContext } from './context.ts';
import type { CallIdentity } from './known-calls.ts';

/** The place of a call of this organization; undefined when there is no such organization. */
export async function identify(
  context: SessionContext,
  organizationId: string,
  callId: string,
): Promise<CallIdentity | undefined> {
  const holdId = callHoldId(organizationId, callId);
  const known = context.known.get(holdId);
  if (known !== undefined) return known.identity;
  const [organization] = await context.directory.chain(organizationId);
  if (organization === undefined) return undefined;
  const partition = partitionOf(organization.rootId, context.partitions);
  return { organizationId, callId, holdId, partition };
}

/** The organizations that have a call of this id, as far as memory and the records know. */
export async function organizationsWithCall(
  context: SessionContext,
  callId: string,
): Promise<readonly string[]> {
  const remembered = context.known.withCallId(callId).map((call) => call.identity.organizationId);
  const recorded = await recordedOrganizations(context, callId, remembered.length > 0);
  return [...new Set([...remembered, ...recorded])];
}

async function recordedOrganizations(
  context: SessionContext,
  callId: string,
  mayDoWithout: boolean,
): Promise<readonly string[]> {
  try {
    const records = await context.records.findByCallId(callId);
    return records.map((record) => record.organizationId);
  } catch (error) {
    // While the records are away a call this process remembers can still be checked and ended.
    if (mayDoWithout && context.isOutage(error)) return [];
    throw error;
  }
}
