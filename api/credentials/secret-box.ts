import type { EndpointSecret, SecretBox } from '../../notifications/index.ts';
import type { Sealer } from './sealer.ts';

/** The signing secrets of outgoing webhooks, sealed for the endpoint they belong to. */
export function createSecretBox(sealer: Sealer): SecretBox | undefined {
  if (!sealer.usable) return undefined;
  return {
    seal: (secrets, endpointId) => sealer.seal(JSON.stringify(secrets), placeOf(endpointId)),
    open(sealed, endpointId) {
      const text = sealer.open(sealed, placeOf(endpointId));
      // Sealed by `seal` and authenticated: it has the shape it was given.
      return text === undefined ? undefined : (JSON.parse(text) as EndpointSecret[]);
    },
  };
}

function placeOf(endpointId: string): string {
  return `webhook_endpoint ${endpointId}`;
}
