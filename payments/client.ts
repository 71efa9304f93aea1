import Stripe from 'stripe';

/** The version whose shapes are read here; the webhook endpoint is to be made with the same. */
export const STRIPE_API_VERSION = '2026-10-28.endive';
const TIMEOUT_MS = 20_000;
const RETRIES = 2;

/** Stripe's own client. Retries carry the key of the first attempt. */
export function createStripe(apiKey: string, baseUrl: string): Stripe {
  const { protocol, hostname: host, port } = new URL(baseUrl);
  const plain = protocol === 'http:';
  return new Stripe(apiKey, {
    apiVersion: STRIPE_API_VERSION,
    host,
    port: port || (plain ? '80' : '443'),
    protocol: plain ? 'http' : 'https',
    timeout: TIMEOUT_MS,
    maxNetworkRetries: RETRIES,
    telemetry: false,
  });
}
