/**
 * Which call is a provider's message about, and whose is it?
 *
 * The call: the linked provider id, then the metadata's call id or hold id, then the provider's id
 * taken as the call id. A link that somebody with a key only claimed gives way to any other call that
 * the message means by itself. The organization: the metadata, then a binding of the provider's
 * objects, then the one call that is known by this id. A message that an organization's own secret
 * signed finds that organization's calls and those of its descendants only.
 */
import { OutageError } from '../../engine/index.ts';
import type { BindingFacts } from '../doors.ts';
import type { CallReference } from '../providers/event.ts';
import type { SessionContext } from './context.ts';
import { identify, organizationsWithCall } from './identity.ts';
import type { CallIdentity } from './known-calls.ts';

export type FoundCall =
  | {
      readonly status: 'found';
      readonly call: CallIdentity;
      readonly binding: BindingFacts | undefined;
    }
  /** The organization is known, and the message names no call. */
  | {
      readonly status: 'no_call_id';
      readonly organizationId: string;
      readonly binding: BindingFacts | undefined;
    }
  | { readonly status: 'unknown' };

export async function findCall(
  context: SessionContext,
  reference: CallReference,
): Promise<FoundCall> {
  const found = await anyCall(context, reference);
  if (found.status === 'unknown') return found;
  const owner = found.status === 'found' ? found.call.organizationId : found.organizationId;
  // Another tenant's call does not exist for whoever signed this.
  return (await maySpeakOf(context, reference, owner)) ? found : { status: 'unknown' };
}

/** The organizations that a message may be about, whoever signed it: their secrets may fit. */
export async function ownersOf(
  context: SessionContext,
  reference: CallReference,
): Promise<readonly string[]> {
  const found = await findCall(context, { ...reference, signedBy: undefined });
  const claim = await linkedCall(context, reference);
  const meant = found.status === 'found' ? found.call : found;
  const owners = 'organizationId' in meant ? [meant.organizationId] : [];
  return claim === undefined ? owners : [...new Set([...owners, claim.organizationId])];
}

/** The platform speaks of everybody, an organization of itself and those below it. */
async function maySpeakOf(
  { directory }: SessionContext,
  { signedBy }: CallReference,
  organizationId: string,
): Promise<boolean> {
  if (signedBy === undefined) return true;
  const chain = await directory.chain(organizationId);
  return chain.some(({ id }) => id === signedBy);
}

async function anyCall(context: SessionContext, reference: CallReference): Promise<FoundCall> {
  const linked = await linkedCall(context, reference);
  if (linked === undefined) return await meantCall(context, reference);
  const found = { status: 'found', call: linked, binding: undefined } as const;
  if (linked.claimed !== true) return found;
  try {
    return (await otherwiseMeant(context, reference, linked)) ?? found;
  } catch (error) {
    // In an outage a status check needs an answer, and the claim is the best there is.
    if (context.isOutage(error)) return found;
    throw error;
  }
}

/** The call that a message means which is linked to another one by somebody's word. */
async function otherwiseMeant(
  context: SessionContext,
  reference: CallReference,
  claim: CallIdentity,
): Promise<FoundCall | undefined> {
  const { organizationId } = await ownerOf(context, reference);
  if (organizationId === undefined) return undefined;
  const meant = await meantCall(context, reference);
  if (meant.status !== 'found' || meant.call.holdId === claim.holdId) return undefined;
  if (!(await maySpeakOf(context, reference, meant.call.organizationId))) return undefined;
  const hold = await context.engine.hold(meant.call.partition, meant.call.holdId);
  return hold === undefined ? undefined : meant;
}

/** What the message says by itself, without the links. */
async function meantCall(context: SessionContext, reference: CallReference): Promise<FoundCall> {
  const { organizationId, binding } = await ownerOf(context, reference);
  const { callId } = reference.ringfence;
  if (organizationId === undefined) {
    const known = await onlyKnownCall(context, callId ?? reference.providerCallId);
    return known === undefined ? { status: 'unknown' } : { ...known, binding };
  }
  const named = callId ?? (await callOfHold(context, organizationId, reference));
  const id = named ?? reference.providerCallId;
  if (id === '') return { status: 'no_call_id', organizationId, binding };
  const call = await identify(context, organizationId, id);
  return call === undefined ? { status: 'unknown' } : { status: 'found', call, binding };
}

async function linkedCall(
  context: SessionContext,
  reference: CallReference,
): Promise<(CallIdentity & { readonly claimed?: boolean | undefined }) | undefined> {
  const { provider, providerCallId, ringfence } = reference;
  if (providerCallId === '') return undefined;
  const known = context.known.linkedTo(provider, providerCallId);
  if (known?.claimed === false) return known.call.identity;
  try {
    const link = await context.records.findLink(provider, providerCallId);
    if (link === undefined) return undefined;
    context.known.linked(provider, providerCallId, link.holdId, link.claimed === true);
    return link;
  } catch (error) {
    // Without the links only a message that names the call itself can be placed: guessing would
    // charge the call a second time under the provider's id.
    if (!context.isOutage(error)) throw error;
    if (known !== undefined) return known.call.identity;
    if (ringfence.callId !== undefined && ringfence.organizationId !== undefined) return undefined;
    const [own, ...others] = context.known.withCallId(providerCallId);
    if (own !== undefined && others.length === 0) return own.identity;
    throw new OutageError('postgres_unreachable', { cause: error });
  }
}

async function ownerOf(context: SessionContext, reference: CallReference) {
  const named = reference.ringfence.organizationId;
  const binding = await firstBinding(context, reference);
  if (named !== undefined && (await context.directory.chain(named)).length > 0) {
    const own = binding?.organizationId === named ? binding : undefined;
    return { organizationId: named, binding: own };
  }
  return { organizationId: binding?.organizationId, binding };
}

async function firstBinding(
  context: SessionContext,
  reference: CallReference,
): Promise<BindingFacts | undefined> {
  for (const { kind, externalId } of reference.bindings) {
    const binding = await context.directory.binding(reference.provider, kind, externalId);
    if (binding !== undefined) return binding;
  }
  return undefined;
}

/** A call id alone says enough if one organization only has such a call. */
async function onlyKnownCall(context: SessionContext, callId: string) {
  if (callId === '') return undefined;
  const [organizationId, ...others] = await organizationsWithCall(context, callId);
  if (organizationId === undefined || others.length > 0) return undefined;
  const call = await identify(context, organizationId, callId);
  return call === undefined ? undefined : ({ status: 'found', call } as const);
}

/** The call of a hold that the metadata names; another organization's hold does not count. */
async function callOfHold(
  context: SessionContext,
  organizationId: string,
  reference: CallReference,
): Promise<string | undefined> {
  const { holdId } = reference.ringfence;
  if (holdId === undefined || !/^hold_[0-9a-z]{26}$/.test(holdId)) return undefined;
  const place = await identify(context, organizationId, '');
  if (place === undefined) return undefined;
  const hold = await context.engine.hold(place.partition, holdId);
  return hold?.organizationId === organizationId && hold.callId !== '' ? hold.callId : undefined;
}
