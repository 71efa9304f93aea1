/** The webhook of Stripe: who sent it is known before anything in it counts. */
import Stripe from 'stripe';
import { ZodError, z } from 'zod';
import { type Applied, apply } from './apply.ts';
import type { PaymentContext } from './context.ts';
import { readSaid } from './said.ts';

const TOLERANCE_SECONDS = 300;
/** Stripe's own check of signatures; the client asks nobody. */
const { signature: signatures } = new Stripe('sk_unused').webhooks;
/** An event with the object that it is about; `created` in epoch seconds. */
const envelope = z.looseObject({
  id: z.string().max(255),
  type: z.string().max(255),
  created: z.int().min(0),
  data: z.looseObject({ object: z.unknown() }),
});

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
  if (!isVerified(raw, signature, secrets)) return { status: 'unverified', why: 'forged' };
  const event = eventIn(raw);
  if (event === undefined) {
    context.log.error({ bytes: raw.length }, 'a message of Stripe is no event with its object');
    return { status: 'unreadable' };
  }
  try {
    const said = readSaid(event.type, event.data.object, event.created);
    return said === undefined ? { status: 'ignored' } : await apply(context, said);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    context.log.error({ err: error, event: event.id }, 'an event of Stripe cannot be read');
    return { status: 'unreadable' };
  }
}

function isVerified(raw: Buffer, signature: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => {
    try {
      return signatures?.verifyHeader(raw, signature, secret, TOLERANCE_SECONDS) === true;
    } catch (error) {
      if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
      throw error;
    }
  });
}

/** Undefined for what is signed and none all the same, such as a "thin" event without its object. */
function eventIn(raw: Buffer): z.infer<typeof envelope> | undefined {
  try {
    return envelope.safeParse(JSON.parse(raw.toString('utf8'))).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
