import type { OpenAPIHono } from '@hono/zod-openapi';
import { createApp } from '../app.ts';
import { createAccess } from '../auth/access.ts';
import { createAuthenticate } from '../auth/principal.ts';
import { createRecentHolds } from '../holds/recent-holds.ts';
import { createDirect, type Direct } from '../http/direct.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { createObserve } from '../http/observe.ts';
import { createRateLimit } from '../http/rate-limit.ts';
import type { ServeContext } from '../http/serve.ts';
import type { Metrics } from '../metrics.ts';
import type { Readiness } from '../readiness.ts';
import { apiKeyRoutes } from '../routes/api-keys.ts';
import { autoRechargeRoutes } from '../routes/auto-recharge.ts';
import { callRoutes } from '../routes/calls.ts';
import { chargeRoutes } from '../routes/charges.ts';
import { creditRoutes } from '../routes/credits.ts';
import { emailRecipientRoutes } from '../routes/email-recipients.ts';
import { entryRoutes } from '../routes/entries.ts';
import { holdRoutes } from '../routes/holds.ts';
import { organizationRoutes } from '../routes/organizations.ts';
import { packageRoutes } from '../routes/packages.ts';
import { priceRoutes } from '../routes/prices.ts';
import { providerBindingRoutes } from '../routes/provider-bindings.ts';
import { providerCredentialRoutes } from '../routes/provider-credentials.ts';
import { quoteRoutes } from '../routes/quotes.ts';
import { serviceRoutes } from '../routes/service.ts';
import { topUpRoutes } from '../routes/top-ups.ts';
import { transferRoutes } from '../routes/transfers.ts';
import { walletAlertRoutes } from '../routes/wallet-alerts.ts';
import { walletRoutes } from '../routes/wallets.ts';
import { webhookDeliveryRoutes } from '../routes/webhook-deliveries.ts';
import { webhookEndpointRoutes } from '../routes/webhook-endpoints.ts';
import { webhookRoutes } from '../routes/webhooks.ts';
import { stripeRoutes } from '../routes/webhooks-stripe.ts';
import { twilioRoutes } from '../routes/webhooks-twilio.ts';
import type { CallServices } from '../webhooks/call-services.ts';
import { createMessageRefund } from '../webhooks/message-refund.ts';
import type { Core } from './core.ts';
import { createDialing } from './dialing.ts';
import { mayBeLocal } from './notifications.ts';
import { cardPayments } from './payments.ts';

/** The HTTP application of a process: Hono, and the way around it for plain requests. */
export interface Application {
  app: OpenAPIHono;
  direct: Direct;
}

/** Flushers and enforcers answer health and metrics alone. */
export function createApplication(core: Core, metrics: Metrics, readiness: Readiness): Application {
  const { config, directory, log } = core;
  const context: ServeContext = {
    authenticate: createAuthenticate(config.RINGFENCE_ADMIN_KEY, directory.apiKeys),
    rateLimit: createRateLimit(config.RINGFENCE_RATE_LIMIT_PER_SECOND),
    observe: createObserve(log, metrics.countRequest),
    docsUrl: `${config.RINGFENCE_PUBLIC_URL?.replace(/\/$/, '') ?? ''}/docs/errors`,
  };
  const serves = config.RINGFENCE_ROLE === 'all' || config.RINGFENCE_ROLE === 'api';
  const routes = serves ? routesOf(core, metrics.payment) : [];
  const app = createApp([...routes, ...serviceRoutes(metrics, readiness)], context);
  return { app, direct: createDirect(routes, context) };
}

/** Every route of a process that serves the API. */
export function routesOf(core: Core, announce?: Metrics['payment']): Endpoint[] {
  const services = servicesOf(core);
  const payments = cardPayments(core, announce);
  return [
    ...apiRoutes(services),
    ...packageRoutes(services),
    ...topUpRoutes(services, payments),
    ...autoRechargeRoutes(services, payments),
    ...notificationRoutes(services, core),
    ...providerRoutes(core),
    ...stripeRoutes(payments),
  ];
}

/** Outgoing webhooks and alerts. */
function notificationRoutes(services: CallServices, core: Core): Endpoint[] {
  const own = {
    ...services,
    secretBox: core.secretBox,
    local: mayBeLocal(core),
    mails: core.config.RINGFENCE_SMTP_URL !== undefined,
  };
  return [
    ...webhookEndpointRoutes(own),
    ...webhookDeliveryRoutes(own),
    ...emailRecipientRoutes(own),
  ];
}

/** What providers post to. */
function providerRoutes(core: Core): Endpoint[] {
  return [...webhookRoutes(core.desk), ...twilioRoutes(core.desk, createMessageRefund(core))];
}

/** What the routes work with. */
export function servicesOf(core: Core): CallServices {
  const { config, directory, engine, ledger, ledgerWait } = core;
  return {
    engine,
    directory,
    ledger,
    sessions: core.desk.sessions,
    dial: createDialing(core),
    saidOver: core.saidOver,
    credentials: core.credentials,
    access: createAccess(directory),
    partitions: config.RINGFENCE_PARTITIONS,
    recentHolds: createRecentHolds(),
    waitForLedger: (mutation) => ledgerWait.wait(mutation, config.RINGFENCE_LEDGER_WAIT_MS),
  };
}

/** Every route for holders of a key. */
function apiRoutes(services: CallServices): Endpoint[] {
  return [
    ...organizationRoutes(services),
    ...apiKeyRoutes(services),
    ...walletRoutes(services),
    ...walletAlertRoutes(services),
    ...creditRoutes(services),
    ...chargeRoutes(services),
    ...transferRoutes(services),
    ...entryRoutes(services),
    ...priceRoutes(services),
    ...quoteRoutes(services),
    ...holdRoutes(services),
    ...callRoutes(services),
    ...providerBindingRoutes(services),
    ...providerCredentialRoutes(services),
  ];
}
