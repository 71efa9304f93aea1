import type { RequestKey } from '../../engine/index.ts';
import { fingerprintOf } from './idempotency.ts';
import { Problem } from './problem.ts';

/**
 * The engine's key of an idempotent request: scope (organization, method, path, key), fingerprint
 * of the body as it was understood. The organization is the one whose wallet pays: its records and
 * the wallet are in one partition, so that the effect and the answer are written together.
 * @throws Problem idempotency_key_required
 */
export function requestKeyFor(
  organizationId: string,
  request: { operation: string; idempotencyKey: string | undefined; body: unknown },
): RequestKey {
  if (request.idempotencyKey === undefined) {
    throw new Problem('idempotency_key_required', undefined, { param: 'Idempotency-Key' });
  }
  return {
    kind: 'request',
    scope: organizationId,
    key: `${request.operation} ${request.idempotencyKey}`,
    fingerprint: fingerprintOf(request.body),
  };
}
