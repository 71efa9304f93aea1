import { serve } from '../providers/http/server.ts';
import { Account, type StripeOptions } from './account.ts';
import { pageRoutes } from './checkout-page.ts';
import { controlRoutes, createControl, type StripeControl } from './control.ts';
import { errorBody } from './errors.ts';
import { checkoutRoutes } from './routes/checkout.ts';
import { customerRoutes, paymentMethodRoutes } from './routes/customers.ts';
import { moneyBackRoutes } from './routes/money-back.ts';
import { paymentIntentRoutes } from './routes/payment-intents.ts';

export interface StripeSimulator {
  readonly url: string;
  readonly control: StripeControl;
  /** Stops listening, and forgets all timers and undelivered events. */
  stop(): Promise<void>;
}

/**
 * A Stripe of our own on 127.0.0.1, which Stripe's SDK takes for the real one.
 * @throws RangeError for a webhook URL outside this machine; ZodError for faulty faults
 */
export async function startStripe(options: StripeOptions): Promise<StripeSimulator> {
  const account = new Account(options);
  const control = createControl(account);
  const server = await serve({
    port: options.port ?? 0,
    routes: [
      ...customerRoutes(account),
      ...paymentMethodRoutes(account),
      ...paymentIntentRoutes(account),
      ...checkoutRoutes(account),
      ...moneyBackRoutes(account),
      ...pageRoutes(account),
      ...controlRoutes(control),
    ],
    errorBody,
  });
  account.url = server.url;
  return {
    url: server.url,
    control,
    async stop() {
      account.close();
      await server.stop();
    },
  };
}
