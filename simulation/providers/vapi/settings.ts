import { z } from 'zod';
import { isLoopback } from '../http/loopback.ts';

/** What an assistant is told to use when the call is not told otherwise. */
export const MAX_DURATION_SECONDS = 600;
const SERVER_TIMEOUT_SECONDS = 20;
/** What Vapi sends when `serverMessages` is not given: `transfer-update` is not among it. */
const SERVER_MESSAGES = [
  'conversation-update',
  'end-of-call-report',
  'function-call',
  'hang',
  'speech-update',
  'status-update',
  'tool-calls',
  'transfer-destination-request',
  'handoff-destination-request',
  'user-interrupted',
  'assistant.started',
];

const backoffPlan = z.looseObject({
  type: z.enum(['fixed', 'exponential']),
  maxRetries: z.number().int().min(0).max(10).default(0),
  baseDelaySeconds: z.number().min(0).max(10).default(1),
  excludedStatusCodes: z.array(z.number().int()).max(100).optional(),
});

const server = z.looseObject({
  url: z.string().max(2_048).refine(isLoopback, 'simulators only call this machine').optional(),
  timeoutSeconds: z.number().min(1).max(300).optional(),
  backoffPlan: backoffPlan.optional(),
});

const hook = z.looseObject({
  on: z.string(),
  options: z.looseObject({ seconds: z.number().min(1).max(3_600).optional() }).optional(),
  do: z
    .array(
      z.looseObject({
        type: z.string(),
        tool: z.looseObject({ type: z.string(), server: server.optional() }).optional(),
      }),
    )
    .max(16),
});

/** The same fields an assistant has and a call may override. */
export const assistantSchema = z.looseObject({
  maxDurationSeconds: z.number().min(10).max(43_200).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  serverMessages: z.array(z.string()).max(64).optional(),
  server: server.optional(),
  monitorPlan: z
    .looseObject({
      controlEnabled: z.boolean().optional(),
      controlAuthenticationEnabled: z.boolean().optional(),
    })
    .optional(),
  hooks: z.array(hook).max(64).optional(),
});

export type Assistant = z.infer<typeof assistantSchema>;
export type Hook = z.infer<typeof hook>;

/** What holds for one call. Times are real ms but for the retries, which are simulated ms. */
export interface CallSettings {
  readonly maxDurationMs: number;
  readonly messages: ReadonlySet<string>;
  readonly serverUrl: string | undefined;
  readonly serverTimeoutMs: number;
  readonly retryDelaysMs: readonly number[];
  readonly finalStatuses: readonly number[];
  readonly controlEnabled: boolean;
  readonly controlAuthenticated: boolean;
  readonly hooks: readonly Hook[];
}

/** The overrides win field by field over the assistant, as they do at Vapi. */
export function settingsOf(
  assistant: Assistant | undefined,
  overrides: Assistant | undefined,
  webhookUrl: string | undefined,
): CallSettings {
  const merged = { ...assistant, ...overrides };
  const plan = merged.server?.backoffPlan;
  return {
    maxDurationMs: (merged.maxDurationSeconds ?? MAX_DURATION_SECONDS) * 1_000,
    messages: new Set(merged.serverMessages ?? SERVER_MESSAGES),
    serverUrl: merged.server?.url ?? webhookUrl,
    serverTimeoutMs: (merged.server?.timeoutSeconds ?? SERVER_TIMEOUT_SECONDS) * 1_000,
    retryDelaysMs: Array.from({ length: plan?.maxRetries ?? 0 }, (_, attempt) => {
      const baseMs = (plan?.baseDelaySeconds ?? 1) * 1_000;
      return plan?.type === 'exponential' ? baseMs * 2 ** attempt : baseMs;
    }),
    finalStatuses: plan?.excludedStatusCodes ?? [],
    controlEnabled: merged.monitorPlan?.controlEnabled ?? true,
    controlAuthenticated: merged.monitorPlan?.controlAuthenticationEnabled ?? false,
    hooks: merged.hooks ?? [],
  };
}
