/** link: the provider's id of a call becomes known, so that the provider's messages find it. */
import type { HoldState } from '../../engine/index.ts';
import { note, type SessionContext } from './context.ts';
import type { CallIdentity } from './known-calls.ts';

export interface NewLink {
  readonly provider: string;
  readonly providerCallId: string;
  readonly controlUrl?: string | undefined;
  readonly twilioCallSid?: string | undefined;
}

export type Linked =
  | { readonly status: 'linked'; readonly hold: HoldState }
  | { readonly status: 'call_not_found' }
  | { readonly status: 'linked_already' }
  | { readonly status: 'linked_elsewhere' };

/**
 * @param word `callers`: somebody with a key says so, or an organization's own account. That must not
 *   displace what authorize, a dial or the provider said, or a client could have somebody else's
 *   call, or none, cut off; and the provider may take it back.
 */
export async function linkCall(
  context: SessionContext,
  call: CallIdentity,
  link: NewLink,
  word: 'ours' | 'callers',
): Promise<Linked> {
  const hold = await context.engine.hold(call.partition, call.holdId);
  if (hold === undefined) return { status: 'call_not_found' };
  const claimed = word === 'callers';
  if (claimed && (await hasOtherLink(context, call, link))) return { status: 'linked_already' };
  const linked = await context.records.link({ ...call, controlUrl: undefined, ...link, claimed });
  if (linked === 'linked_elsewhere') return { status: 'linked_elsewhere' };
  const known = context.known.get(call.holdId);
  const { provider, providerCallId } = link;
  if (known !== undefined) context.known.remember({ ...known, provider, providerCallId });
  context.known.linked(provider, providerCallId, call.holdId, claimed);
  context.reaches.linked(call, { ...link, claimed });
  note(context, call, 'linked', { provider, provider_call_id: providerCallId });
  return { status: 'linked', hold };
}

async function hasOtherLink(
  context: SessionContext,
  call: CallIdentity,
  link: NewLink,
): Promise<boolean> {
  const links = await context.records.linksOf(call.organizationId, call.callId);
  return links.some(
    ({ provider, providerCallId }) =>
      provider !== link.provider || providerCallId !== link.providerCallId,
  );
}
