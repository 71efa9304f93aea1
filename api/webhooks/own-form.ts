/** `{call_id, organization_id?, elapsed_seconds?}`: our own form of a status check. */
import type { CallReference } from '../../kill-switch/index.ts';
import { statusCheckSchema } from '../routes/calls-schema.ts';
import type { JsonProvider } from './verify.ts';

/** The call id may be the provider's. Undefined when the body has another form. */
export function ownFormReference(provider: JsonProvider, body: unknown): CallReference | undefined {
  const asked = statusCheckSchema.safeParse(body);
  if (!asked.success) return undefined;
  const { call_id, organization_id } = asked.data;
  return {
    provider,
    providerCallId: call_id,
    ringfence: { organizationId: organization_id, callId: undefined, holdId: undefined },
    bindings: [],
    controlUrl: undefined,
  };
}
