// The one table of error codes: HTTP answers, retry advice and docs/ERRORS.md are made from it.

/** What the caller can do: a refusal is an answer, a request must change, an outage passes, a bug is ours. */
export type ErrorFamily = 'refusal' | 'request' | 'outage' | 'bug';

export interface ErrorSpec {
  readonly family: ErrorFamily;
  readonly http: number;
  readonly retryable: boolean;
  /** Public sentence: what it means and how to mend it. */
  readonly meaning: string;
}

const refusal = (http: number, retryable: boolean, meaning: string): ErrorSpec => ({
  family: 'refusal',
  http,
  retryable,
  meaning,
});
const request = (http: number, meaning: string): ErrorSpec => ({
  family: 'request',
  http,
  retryable: false,
  meaning,
});
const outage = (meaning: string): ErrorSpec => ({
  family: 'outage',
  http: 503,
  retryable: true,
  meaning,
});

export const ERRORS = {
  insufficient_funds: refusal(
    402,
    true,
    'The wallet named in details cannot pay. Top it up, or ask for less, then try again.',
  ),
  wallet_frozen: refusal(409, false, 'The wallet is frozen: no new holds or charges.'),
  too_many_live_calls: refusal(409, true, 'The wallet has as many live calls as it may have.'),
  hold_closed: refusal(409, false, 'The hold has already ended; details say how.'),
  refund_exceeds_charge: refusal(409, false, 'The refund is more than is left of the entry.'),
  idempotency_conflict: refusal(409, false, 'The key was used before with another body.'),
  entry_not_in_ledger: refusal(409, true, 'The entry is not in the ledger yet; try again shortly.'),
  parent_change_refused: refusal(409, false, 'An organization cannot change its parent.'),
  linked_elsewhere: refusal(409, false, 'This provider id belongs to another call.'),
  bound_elsewhere: refusal(409, false, 'This provider object is bound to another organization.'),
  price_not_found: request(422, 'No price is set for this service; set one with PUT /v1/prices.'),
  currency_mismatch: request(422, 'The wallet and the price are in different currencies.'),
  provider_refused: request(
    422,
    'The provider did not place the call and nothing was charged. Mend the order and dial under a new call_id.',
  ),
  provider_not_configured: request(
    422,
    'There are no credentials to reach this provider with: PUT /v1/provider_credentials/{provider}.',
  ),
  secret_key_missing: request(
    422,
    'This server has no key to seal secrets with, or another one: its operator must set RINGFENCE_SECRET_KEY.',
  ),
  payments_not_configured: request(
    422,
    'This server takes no cards: its operator must set STRIPE_API_KEY.',
  ),
  card_not_saved: request(
    422,
    'No such card is saved: order a top-up with save_card and pay it, then try again.',
  ),
  stripe_refused: request(422, 'Stripe does not take this order; details say its own code.'),
  balance_out_of_range: request(422, 'The wallet would leave the range of +-(2^53-1) micros.'),
  idempotency_key_required: request(400, 'This route moves money: send an Idempotency-Key header.'),
  invalid_request: request(400, 'The request does not fit its schema; param says where.'),
  malformed_json: request(400, 'The body is not JSON.'),
  unsupported_media_type: request(415, 'Send the body as application/json.'),
  body_too_large: request(413, 'The body is larger than this route takes.'),
  method_not_allowed: request(405, 'The route does not take this method.'),
  unauthenticated: request(401, 'Send a valid key: Authorization: Bearer <key>.'),
  invalid_signature: request(401, 'The webhook could not be verified.'),
  forbidden: request(403, 'This key may not do that.'),
  not_found: request(404, 'There is nothing here under this id for this key.'),
  call_not_found: request(404, 'No such call.'),
  hold_not_found: request(404, 'No such hold.'),
  ambiguous_call: request(400, 'Several organizations have this call_id: add ?organization_id=.'),
  rate_limited: { family: 'request', http: 429, retryable: true, meaning: 'Too many requests.' },
  recovering: outage('The engine is being brought in step with the ledger. Try again.'),
  redis_unreachable: outage('The engine cannot be reached. Try again.'),
  postgres_unreachable: outage('The ledger cannot be reached. Try again.'),
  stripe_unreachable: outage('Stripe cannot be reached. Repeat with the same key.'),
  ledger_backlogged: outage('The ledger is too far behind for new holds and charges. Try again.'),
  engine_full: outage(
    'The engine is short of memory, or its disk is full: new holds and charges wait. Try again.',
  ),
  ledger_wait_timeout: outage(
    'The effect stands but is not in the ledger yet. Repeat with the same key to wait again.',
  ),
  shutting_down: outage('This process is stopping. Try again.'),
  internal: { family: 'bug', http: 500, retryable: false, meaning: 'A fault of ours, recorded.' },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;

/** Retry later: Redis, Postgres or the gate. `retryAfterMs` is advice. */
export class OutageError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number;
  constructor(code: ErrorCode, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(ERRORS[code].meaning, { cause: options.cause });
    this.name = 'OutageError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? 1000;
  }
}

/** The caller must change something. `param` is the place in the request. */
export class RequestError extends Error {
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  constructor(
    code: ErrorCode,
    message?: string,
    options: { param?: string; details?: Record<string, unknown> } = {},
  ) {
    super(message ?? ERRORS[code].meaning);
    this.name = 'RequestError';
    this.code = code;
    this.param = options.param;
    this.details = options.details;
  }
}

/** An assertion of ours failed: crash the request, stop a writer. Never shown to callers. */
export class BugError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'BugError';
  }
}
