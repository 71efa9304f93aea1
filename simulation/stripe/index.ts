/** Stripe of our own, on this machine: for tests, simulations and demonstrations without an account. */
export type { StripeOptions } from './account.ts';
export type { StripeControl } from './control.ts';
export { type StripeSimulator, startStripe } from './start.ts';
