import type { ClaimedDelivery } from '../../persistence/index.ts';

type Sent = Pick<ClaimedDelivery, 'type' | 'occurredAt' | 'data' | 'organizationId'>;

/** Larger ones are not sent: a receiver may refuse them, and none of ours comes near. */
export const BODY_BYTES_MAX = 64 * 1024;

/** The same bytes at each try: a receiver may compare them. */
export function bodyOf({ type, occurredAt, data, organizationId }: Sent): string {
  return JSON.stringify({
    type,
    timestamp: occurredAt.toISOString(),
    organization_id: organizationId,
    data,
  });
}
