/** The webhook of Stripe: who sent it is known before anything in it counts. */
import Stripe from 'stripe';
import { ZodError } from 'zod';
import { type Applied, apply } from './apply.ts';
import type { PaymentContext } from './context.ts';
import { readSaid } from './said.ts';

const TOLERANCE_SECONDS = 300;
/** Only for its signature check, which asks nobody. */
const offline = new Stripe('sk_unused');

export type Received =
  | Applied
  | { readonly status: 'unverified'; readonly why: 'no_secret' | 'unsigned' | 'forged' }
  | { readonly status: 'unreadable' };

/**
 * @param raw the body as it was sent
 * @param secrets up to two are valid while one is being rotated out
 * @throws OutageError: Stripe sends the event again
 */
export async function receive(
  context: PaymentContext,
  raw: Buffer,
  signature: string | null,
  secrets: readonly string[],
): Promise<Received> {
  if (secrets.length === 0) return { status: 'unverified', why: 'no_secret' };
  if (signature === null) return { status: 'unverified', why: 'unsigned' };
  const event = verified(raw, signature, secrets);
  if (event === undefined) return { status: 'unverified', why: 'forged' };
  try {
    const said = readSaid(event.type, event.data.object, event.created);
    return said === undefined ? { status: 'ignored' } : await apply(context, said);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    context.log.error({ err: error, event: event.id }, 'an event of Stripe cannot be read');
    return { status: 'unreadable' };
  }
}

function verified(
  raw: Buffer,
  signature: string,
  secrets: readonly string[],
): Stripe.Event | undefined {
  for (const secret of secrets) {
    try {
      return offline.webhooks.constructEvent(raw, signature, secret, TOLERANCE_SECONDS);
    } catch (error) {
      const refused = error instanceof Stripe.errors.StripeSignatureVerificationError;
      if (!refused && !(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}
