/**
 * Idempotency of creates: one key, one row, one answer.
 *
 * The key is claimed first, in the transaction that makes the row. Of many at once, one claims it
 * and the others wait at the primary key until that transaction has ended; then they find its
 * answer, or, if it came to nothing, one of them claims the key.
 */
import { onlyRow } from './cells.ts';
import type { ChangeFeed, Write } from './change-feed.ts';

export interface AnswerRequest {
  /** Whose key it is: an organization's id, or `platform`. */
  scope: string;
  /** `METHOD /path Idempotency-Key`. */
  key: string;
  /** Of the body: the same key with another one is a conflict. */
  fingerprint: string;
}

export type AnsweredOnce<T> =
  | { status: 'made'; made: T; answer: Record<string, unknown> }
  | { status: 'replayed'; answer: Record<string, unknown> }
  | { status: 'idempotency_conflict' };

interface AnswerRow {
  fingerprint: string;
  answer: Record<string, unknown>;
}

export class RequestAnswers {
  readonly #feed: ChangeFeed;

  constructor(feed: ChangeFeed) {
    this.#feed = feed;
  }

  /**
   * Runs `write` unless the request did before. `answerOf` is what a replay is told; it is stored
   * in clear, so it holds no secret, and is asked once. Without a request `write` simply runs.
   */
  once<T>(
    request: AnswerRequest | undefined,
    write: Write<T>,
    answerOf: (made: T) => Record<string, unknown>,
  ): Promise<AnsweredOnce<T>> {
    return this.#feed.write(async (tx, changed) => {
      if (request === undefined) {
        const made = await write(tx, changed);
        return { status: 'made', made, answer: answerOf(made) };
      }
      const { scope, key, fingerprint } = request;
      const claimed = await tx`
        insert into request_answers (scope, key, fingerprint, answer)
        values (${scope}, ${key}, ${fingerprint}, '{}')
        on conflict (scope, key) do nothing returning 1`;
      if (claimed.length === 0) {
        const rows = await tx<AnswerRow[]>`
          select fingerprint, answer from request_answers where scope = ${scope} and key = ${key}`;
        const known = onlyRow(rows);
        return known.fingerprint === fingerprint
          ? { status: 'replayed', answer: known.answer }
          : { status: 'idempotency_conflict' };
      }
      const made = await write(tx, changed);
      const answer = answerOf(made);
      await tx`
        update request_answers set answer = ${JSON.stringify(answer)}::text::json
        where scope = ${scope} and key = ${key}`;
      return { status: 'made', made, answer };
    });
  }
}
