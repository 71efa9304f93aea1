/** Why a call may not start, as a problem; for every route that authorizes one. */
import type { ErrorCode } from '../../engine/index.ts';
import type { CallSessions } from '../../kill-switch/index.ts';
import { Problem } from '../http/problem.ts';
import { refusalProblem } from '../http/refusal.ts';
import type { CallServices } from '../webhooks/call-services.ts';

type Decision = Awaited<ReturnType<CallSessions['authorize']>>;
export type NotAuthorized = Exclude<Decision, { status: 'authorized' }>;

export async function notAuthorized(
  services: CallServices,
  organizationId: string,
  callId: string,
  decision: NotAuthorized,
): Promise<Problem> {
  switch (decision.status) {
    case 'organization_not_found':
      return new Problem('not_found', undefined, { param: 'organization_id' });
    case 'wallet_not_found':
      return new Problem('not_found', 'There is no such wallet of this organization.', {
        param: 'wallet_id',
      });
    case 'price_not_found': {
      const { service, book } = decision;
      return new Problem('price_not_found', undefined, { details: { service, book } });
    }
    case 'currency_mismatch':
      return new Problem('currency_mismatch', undefined, {
        param: 'wallet_id',
        details: {
          wallet_currency: decision.walletCurrency,
          price_currency: decision.priceCurrency,
        },
      });
    case 'too_many_agencies':
      return new Problem('invalid_request', 'More than three agencies above charge for this call.');
    case 'hold_exists':
    case 'idempotency_conflict':
      return await conflict(services, organizationId, callId);
    default:
      return refusalProblem(decision);
  }
}

/** The call exists: over, and this is its result; or authorized with another body. */
async function conflict(
  { sessions }: CallServices,
  organizationId: string,
  callId: string,
): Promise<Problem> {
  const place = await sessions.identify(organizationId, callId);
  const call = place && (await sessions.get(place));
  const code: ErrorCode =
    call?.captured_micros === undefined ? 'idempotency_conflict' : 'hold_closed';
  return new Problem(code, undefined, {
    param: 'call_id',
    ...(call === undefined ? {} : { details: { call } }),
  });
}
