import type { AnswerRequest, Directory, Write } from '../../persistence/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { Answer } from './endpoint.ts';
import { fingerprintOf } from './idempotency.ts';
import { Problem } from './problem.ts';
import { replayHeaders } from './refusal.ts';

/** The scope of the platform's own keys, which belong to no organization. */
const PLATFORM_SCOPE = 'platform';

/** What `answerOnce` reads of a request. */
export interface CreateRequest {
  principal: Principal;
  operation: string;
  idempotencyKey: string | undefined;
  body: unknown;
}

type Body = Record<string, unknown>;

/**
 * Answers a create with 201: the row is made, or, if this Idempotency-Key made it before, the answer
 * is given again. The scope is the organization of the API key that asks, so that a key of another
 * one neither conflicts with it nor sees its answer. A request without a key always makes a row.
 * @param answerOf the answer; it is stored for replays
 * @param onlyOnce what the first answer says instead, where a secret must not be stored
 * @throws Problem idempotency_conflict
 */
export async function answerOnce<T>(
  { requestAnswers }: Pick<Directory, 'requestAnswers'>,
  request: CreateRequest,
  write: Write<T>,
  answerOf: (made: T) => Body,
  onlyOnce?: (made: T) => Body,
): Promise<Answer> {
  const outcome = await requestAnswers.once(answerRequest(request), write, answerOf);
  if (outcome.status === 'idempotency_conflict') throw new Problem('idempotency_conflict');
  if (outcome.status === 'made') {
    return { status: 201, body: onlyOnce ? onlyOnce(outcome.made) : outcome.answer };
  }
  return { status: 201, body: outcome.answer, headers: replayHeaders(true) };
}

function answerRequest(request: CreateRequest): AnswerRequest | undefined {
  const { principal, operation, idempotencyKey, body } = request;
  if (idempotencyKey === undefined) return undefined;
  return {
    scope: principal.organizationId ?? PLATFORM_SCOPE,
    key: `${operation} ${idempotencyKey}`,
    fingerprint: fingerprintOf(body),
  };
}
