import { z } from 'zod';
import { isLoopback } from '../http/loopback.ts';

const MAX_DURATION_MS = 3_600_000;
const WEBHOOK_TIMEOUT_MS = 10_000;
/** Sent unless the agent asks for others. */
const EVENTS = ['call_started', 'call_ended', 'call_analyzed'];

/** The part of an agent that a call may override. */
export const agentOverrideSchema = z.looseObject({
  agent: z
    .looseObject({
      max_call_duration_ms: z.number().int().min(60_000).max(7_200_000).optional(),
      webhook_url: z.string().refine(isLoopback, 'simulators only call this machine').optional(),
      webhook_events: z.array(z.string()).max(32).optional(),
      webhook_timeout_ms: z.number().int().min(1_000).max(30_000).optional(),
    })
    .optional(),
});
export type AgentOverride = z.infer<typeof agentOverrideSchema>;

/** What holds for one call. */
export interface AgentSettings {
  readonly maxDurationMs: number;
  readonly webhookUrl: string | undefined;
  readonly events: ReadonlySet<string>;
  /** Real ms. */
  readonly webhookTimeoutMs: number;
}

export function settingsOf(
  override: AgentOverride | undefined,
  webhookUrl: string | undefined,
): AgentSettings {
  const agent = override?.agent;
  return {
    maxDurationMs: agent?.max_call_duration_ms ?? MAX_DURATION_MS,
    webhookUrl: agent?.webhook_url ?? webhookUrl,
    events: new Set(agent?.webhook_events ?? EVENTS),
    webhookTimeoutMs: agent?.webhook_timeout_ms ?? WEBHOOK_TIMEOUT_MS,
  };
}
