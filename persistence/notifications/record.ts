/** How a try went, and what follows from it for its delivery and for the endpoint. */
import type { Transaction } from '../connect.ts';
import type { DeliveryState } from '../schema/notifications.ts';
import { storable } from '../storable.ts';
import { DOWN_AFTER_FAILURES } from './claim.ts';

export interface Outcome {
  /** What becomes of the delivery. */
  state: DeliveryState;
  at: Date;
  durationMs: number;
  status: number | null;
  error: string | null;
  /** The beginning of the answer. */
  answer: string;
  /** Of a delivery that stays pending. */
  nextAttemptAt: Date;
  /** The receiver asked to be left alone until then. */
  askedUntil: Date | null;
  /** Nobody is there, or not able to take anything: not a matter of this event. */
  unreachable: boolean;
  /** The endpoint is to be sent nothing any more, and why. */
  disable: string | null;
}

/** An endpoint that is down is left alone for so long, doubled at each further failure. */
const QUIET_SECONDS = 5;
const QUIET_MAX_SECONDS = 600;

/** @returns undefined when it is in other hands by now, or gone */
export async function recordTry(
  tx: Transaction,
  id: string,
  owner: string,
  outcomeOf: (strikes: number) => Outcome,
): Promise<Outcome | undefined> {
  // The endpoint first: what follows may touch others of its deliveries, which are recorded now too.
  const [endpoint] = await tx<{ id: string; unreachable: number }[]>`
    select id, unreachable from notification_endpoints
    where id = (select endpoint_id from notification_deliveries where id = ${id})
    for no key update`;
  const [delivery] = await tx<{ strikes: number; attempts: number }[]>`
    select strikes, attempts from notification_deliveries
    where id = ${id} and claimed_by = ${owner} for update`;
  if (endpoint === undefined || delivery === undefined) return undefined;
  const outcome = outcomeOf(delivery.strikes);
  const { state, at, status } = outcome;
  const hasFailed = state !== 'delivered' && state !== 'dropped';
  const error = outcome.error === null ? null : storable(outcome.error);
  await tx`
    update notification_deliveries set state = ${state}, attempts = attempts + 1,
      strikes = strikes + ${hasFailed ? 1 : 0}, next_attempt_at = ${outcome.nextAttemptAt},
      claimed_by = null, claimed_until = null, last_status = ${status}, last_error = ${error},
      delivered_at = ${state === 'delivered' ? at : null}
    where id = ${id}`;
  await tx`
    insert into notification_attempts (delivery_id, attempt, at, duration_ms, status, error, answer)
    values (${id}, ${delivery.attempts + 1}, ${at}, ${outcome.durationMs}, ${status}, ${error},
      ${storable(outcome.answer)})`;
  const wasDown = endpoint.unreachable >= DOWN_AFTER_FAILURES;
  if (state === 'delivered') await noteSuccess(tx, endpoint.id, wasDown, at);
  else if (hasFailed) await noteFailure(tx, endpoint.id, outcome);
  return outcome;
}

/**
 * An endpoint that was down is up: whatever waits for it goes now, and starts anew on its schedule.
 * What another try asked for meanwhile stands: an answer is as good as the next.
 */
async function noteSuccess(
  tx: Transaction,
  endpointId: string,
  wasDown: boolean,
  at: Date,
): Promise<void> {
  await tx`
    update notification_endpoints
    set failures = 0, unreachable = 0, failing_since = null, quiet_until = null, last_success_at = ${at}
    where id = ${endpointId}`;
  if (!wasDown) return;
  await tx`
    update notification_deliveries set next_attempt_at = least(next_attempt_at, ${at}), strikes = 0
    where endpoint_id = ${endpointId} and state = 'pending'
      and (strikes > 0 or claimed_until is not null)`;
}

/** Tries that were under way when the quiet time began count no further: they saw the same moment. */
async function noteFailure(tx: Transaction, endpointId: string, outcome: Outcome): Promise<void> {
  const { at, askedUntil, disable, unreachable } = outcome;
  await tx`
    update notification_endpoints as endpoint set failures = failures + 1,
      unreachable = counted.unreachable, failing_since = coalesce(failing_since, ${at}),
      asked_until = greatest(asked_until, ${askedUntil}::timestamptz),
      quiet_until = greatest(quiet_until, case
        when counted.unreachable > endpoint.unreachable
          and counted.unreachable >= ${DOWN_AFTER_FAILURES}
        then ${at}::timestamptz + least(
          ${QUIET_MAX_SECONDS},
          ${QUIET_SECONDS} * 2 ^ least(counted.unreachable - ${DOWN_AFTER_FAILURES}, 20)
        ) * interval '1 second' end)
    from (
      select id, case when not ${unreachable} then 0
        when quiet_until > ${at} then unreachable else unreachable + 1 end as unreachable
      from notification_endpoints where id = ${endpointId}
    ) as counted
    where endpoint.id = counted.id`;
  if (disable === null) return;
  await tx`
    update notification_endpoints set status = 'disabled', disabled_reason = ${disable},
      updated_at = now()
    where id = ${endpointId}`;
  await tx`
    update notification_deliveries set state = 'cancelled', claimed_by = null, claimed_until = null
    where endpoint_id = ${endpointId} and state = 'pending'`;
}
