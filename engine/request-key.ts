// Idempotency keys: explicit ones (kind `request`) and natural ones, unique for ever.

export interface RequestKey {
  readonly kind: 'request' | 'call' | 'payment_intent' | 'message_sid' | 'refund_id' | 'transfer';
  /** Organization id for `request` and `call`; the root organization's id for the others. */
  readonly scope: string;
  /** For `request`: `<METHOD> <path> <Idempotency-Key>`. */
  readonly key: string;
  /** Fingerprint of the canonical body: same key with another one is a conflict. */
  readonly fingerprint: string;
}

export const NO_REQUEST = {
  requestKind: '',
  requestScope: '',
  requestKey: '',
  fingerprint: '',
} as const;

export function requestArgs(request: RequestKey | undefined): {
  requestKind: string;
  requestScope: string;
  requestKey: string;
  fingerprint: string;
} {
  if (!request) return NO_REQUEST;
  return {
    requestKind: request.kind,
    requestScope: request.scope,
    requestKey: request.key,
    fingerprint: request.fingerprint,
  };
}
