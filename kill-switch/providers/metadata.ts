import type { RingfenceMetadata } from './event.ts';
import { textAt } from './json.ts';

/** Reads the ids Ringfence put into a call's metadata: nested (Vapi) or flat (Retell, Twilio). */
export function ringfenceMetadata(metadata: unknown): RingfenceMetadata {
  const read = (field: string) =>
    textAt(metadata, 'ringfence', field) ?? textAt(metadata, `ringfence_${field}`);
  return {
    organizationId: read('organization_id'),
    callId: read('call_id'),
    holdId: read('hold_id'),
  };
}

/**
 * The metadata to give to a provider, so that every later message names the call. Twilio has none:
 * there it becomes the query of the address for status callbacks.
 */
export function metadataFor(
  provider: string | undefined,
  ids: { readonly organizationId: string; readonly callId: string; readonly holdId: string },
): Record<string, unknown> {
  if (provider === 'retell' || provider === 'twilio') {
    return {
      ringfence_organization_id: ids.organizationId,
      ringfence_call_id: ids.callId,
      ringfence_hold_id: ids.holdId,
    };
  }
  return {
    ringfence: {
      organization_id: ids.organizationId,
      call_id: ids.callId,
      hold_id: ids.holdId,
    },
  };
}
