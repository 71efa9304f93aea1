/** The saved cards of an organization, as Stripe knows them. */
import Stripe from 'stripe';
import type { SavedCard } from '../../persistence/index.ts';
import type { StripeContext } from '../context.ts';

const CARDS_MAX = 100;

/**
 * The card of an organization's customer under this id, or the one that was saved last; undefined when
 * there is none.
 * @throws Stripe's own errors
 */
export async function savedCard(
  { stripe, directory }: StripeContext,
  organizationId: string,
  paymentMethod?: string,
): Promise<SavedCard | undefined> {
  const customerId = await directory.topUps.customer(organizationId);
  if (customerId === undefined) return undefined;
  const cards = await cardsOf(stripe, customerId);
  const wanted = cards.filter(({ id }) => paymentMethod === undefined || id === paymentMethod);
  const [card] = wanted.sort((a, b) => b.created - a.created);
  if (card === undefined) return undefined;
  return {
    customerId,
    paymentMethod: card.id,
    cardBrand: card.card?.brand ?? card.type,
    cardLast4: card.card?.last4 ?? card.us_bank_account?.last4 ?? null,
  };
}

/** None of a customer who is gone. */
async function cardsOf(stripe: Stripe, customerId: string): Promise<Stripe.PaymentMethod[]> {
  try {
    return (await stripe.customers.listPaymentMethods(customerId, { limit: CARDS_MAX })).data;
  } catch (error) {
    const missing = error instanceof Stripe.errors.StripeInvalidRequestError;
    if (missing && error.code === 'resource_missing') return [];
    throw error;
  }
}
