import { z } from 'zod';

/** What an API request asks for, as far as faults tell requests apart. */
export const OPERATIONS = ['create', 'hang-up', 'update', 'read', 'list'] as const;
export type Operation = (typeof OPERATIONS)[number];

const probability = z.number().min(0).max(1);
const range = z.tuple([z.number().int().min(0), z.number().int().max(3_600_000)]);
const times = z.union([z.number().int().min(0).max(1_000_000), z.literal('always')]);

const requestFaults = z.strictObject({
  /** Real ms from the arrival of the request to its effect. */
  latencyMs: range.optional(),
  /** 503, and nothing happened. */
  errorBefore: probability.optional(),
  /** 503 although it happened. */
  errorAfter: probability.optional(),
  /** The connection is torn down, and nothing happened. */
  resetBefore: probability.optional(),
  /** The connection is torn down after it happened. */
  resetAfter: probability.optional(),
  /** It happened, and no answer comes. */
  timeout: probability.optional(),
  /** It happened, and the answer breaks off in the middle. */
  truncated: probability.optional(),
});

const webhookFaults = z.strictObject({
  /** Never sent. */
  lost: probability.optional(),
  /** Sent twice. */
  duplicate: probability.optional(),
  /** Overtaken by later ones: held back by `disorderMs`. */
  disorder: probability.optional(),
  /** Simulated ms. */
  disorderMs: range.optional(),
  /** Simulated ms between the event and its first delivery. */
  delayMs: range.optional(),
});

const hangUpFaults = z.strictObject({
  /** So many requests to end the call are answered 503 without effect. */
  refused: times.optional(),
  /** After those, so many are answered as usual, without effect. */
  ignored: times.optional(),
});

/** `'*'` stands for every operation or event; what is said of one alone wins over it. */
export const faultsSchema = z.strictObject({
  requests: z.partialRecord(z.enum([...OPERATIONS, '*']), requestFaults).optional(),
  webhooks: z.record(z.string().max(64), webhookFaults).optional(),
  hangUps: hangUpFaults.optional(),
});

export type Faults = z.infer<typeof faultsSchema>;
export type RequestFaults = z.infer<typeof requestFaults>;
export type WebhookFaults = z.infer<typeof webhookFaults>;
export type HangUpFaults = z.infer<typeof hangUpFaults>;

/** The faults of one request: the server's, under those of its call. */
export function requestFaultsOf(
  operation: Operation,
  server: Faults,
  call: Faults | undefined,
): RequestFaults {
  return {
    ...server.requests?.['*'],
    ...server.requests?.[operation],
    ...call?.requests?.['*'],
    ...call?.requests?.[operation],
  };
}

/** The faults of one webhook: the server's, under those of its call. */
export function webhookFaultsOf(
  event: string,
  server: Faults,
  call: Faults | undefined,
): WebhookFaults {
  return {
    ...server.webhooks?.['*'],
    ...server.webhooks?.[event],
    ...call?.webhooks?.['*'],
    ...call?.webhooks?.[event],
  };
}
