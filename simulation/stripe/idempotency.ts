import { createHash } from 'node:crypto';
import type { Reply } from '../providers/http/route.ts';
import { invalid, StripeFailure } from './errors.ts';

const KEYS_MAX = 200_000;
const KEY_LENGTH_MAX = 255;

interface Kept {
  readonly fingerprint: string;
  /** Undefined while the first request is in progress. */
  reply: Reply | undefined;
}

/**
 * Stripe's rules: same key, other parameters: 400; same key at the same time: 409; what began has one
 * outcome for ever, a failure of Stripe's own included.
 * Source: docs.stripe.com/api/idempotent_requests.
 */
export class Idempotency {
  readonly #kept = new Map<string, Kept>();

  /**
   * Runs a POST once per key: the first outcome of a request that began is kept and given again.
   * What was refused before anything happened is not kept.
   */
  async run(key: string | undefined, request: string, work: () => Promise<Reply>): Promise<Reply> {
    if (key === undefined) return work();
    if (key.length > KEY_LENGTH_MAX) {
      throw invalid(`Idempotency keys must have at most ${KEY_LENGTH_MAX} characters.`);
    }
    if (this.#kept.size >= KEYS_MAX) throw invalid('The simulator is full.');
    const fingerprint = createHash('sha256').update(request).digest('hex');
    const known = this.#kept.get(key);
    if (known !== undefined) return replay(key, known, fingerprint);
    const kept: Kept = { fingerprint, reply: undefined };
    this.#kept.set(key, kept);
    try {
      kept.reply = await work();
      return kept.reply;
    } catch (error) {
      // A decline is an outcome: it is repeated as it was. Anything else was refused before it began.
      if (error instanceof StripeFailure && error.status === 402) {
        kept.reply = { status: error.status, body: error.body };
      } else {
        this.#kept.delete(key);
      }
      throw error;
    }
  }

  /** It began, and Stripe failed: that is its outcome from now on. */
  failed(key: string | undefined, reply: Reply): void {
    const kept = key === undefined ? undefined : this.#kept.get(key);
    if (kept !== undefined) kept.reply = reply;
  }
}

function replay(key: string, known: Kept, fingerprint: string): Reply {
  if (known.fingerprint !== fingerprint) {
    throw new StripeFailure(400, {
      type: 'idempotency_error',
      message:
        'Keys for idempotent requests can only be used with the same parameters they were first ' +
        `used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    });
  }
  if (known.reply === undefined) {
    throw new StripeFailure(409, {
      type: 'idempotency_error',
      code: 'idempotency_key_in_use',
      message: 'There is currently another in-progress request using this Idempotent Key.',
    });
  }
  return { ...known.reply, headers: { ...known.reply.headers, 'idempotent-replayed': 'true' } };
}
