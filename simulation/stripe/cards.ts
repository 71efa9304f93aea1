/** What happens when a card is charged. `delayed` is a bank debit: it takes its time. */
export type CardOutcome =
  | { readonly kind: 'succeeds' }
  | { readonly kind: 'declines'; readonly code: string; readonly declineCode: string }
  | { readonly kind: 'asks' }
  | { readonly kind: 'delayed' };

const declines = (declineCode: string, code = 'card_declined'): CardOutcome => ({
  kind: 'declines',
  code,
  declineCode,
});

/** Stripe's own test cards, by the name of their payment method after `pm_card_`. */
export const TEST_CARDS: Readonly<Record<string, CardOutcome>> = {
  visa: { kind: 'succeeds' },
  mastercard: { kind: 'succeeds' },
  /** Can be saved, and declines when it is charged. */
  chargeCustomerFail: declines('generic_decline'),
  chargeDeclined: declines('generic_decline'),
  visa_chargeDeclinedInsufficientFunds: declines('insufficient_funds'),
  visa_chargeDeclinedLostCard: declines('lost_card'),
  chargeDeclinedExpiredCard: declines('expired_card', 'expired_card'),
  chargeDeclinedProcessingError: declines('processing_error', 'processing_error'),
  /** Asks its owner every time, so that off-session charges fail. */
  authenticationRequired: { kind: 'asks' },
  us_bankAccount_success: { kind: 'delayed' },
};

export const CARD_MESSAGES: Readonly<Record<string, string>> = {
  generic_decline: 'Your card was declined.',
  insufficient_funds: 'Your card has insufficient funds.',
  expired_card: 'Your card has expired.',
  processing_error: 'An error occurred while processing your card. Try again in a little bit.',
  authentication_required: 'Your card was declined. This transaction requires authentication.',
};

/** @throws RangeError for a name that is no test card. */
export function testCard(name: string): CardOutcome {
  const outcome = TEST_CARDS[name];
  if (outcome === undefined) throw new RangeError(`no test card ${name}`);
  return outcome;
}
