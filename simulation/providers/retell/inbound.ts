import { z } from 'zod';
import type { Retell, RetellControl } from './call.ts';
import { newRetellCall, OWN_NUMBER, remember } from './place-call.ts';
import { agentOverrideSchema, settingsOf } from './settings.ts';
import { signedHeaders } from './signature.ts';
import { CALL_INBOUND_TIMEOUT_MS, RETRY_DELAYS_MS } from './webhooks.ts';

const answerSchema = z.looseObject({
  call_inbound: z
    .looseObject({
      reject: z.boolean().optional(),
      override_agent_id: z.string().optional(),
      override_agent_version: z.number().int().optional(),
      agent_override: agentOverrideSchema.optional(),
      dynamic_variables: z.record(z.string(), z.string()).optional(),
      metadata: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});

/**
 * Somebody calls our number. The webhook is asked up to four times; when it never answers, the bound
 * agent takes the call if there is one. A refused call leaves no trace at Retell.
 */
export async function inboundCall(
  retell: Retell,
  { from, to }: Parameters<RetellControl['inbound']>[0],
): ReturnType<RetellControl['inbound']> {
  const { options, exchange } = retell;
  const refused = { accepted: false, callId: undefined };
  const draft = newRetellCall(retell, { direction: 'inbound', from, to: to ?? OWN_NUMBER });
  const answer = await ask(retell, draft);
  const parsed = answerSchema.safeParse(answer ?? {});
  const wanted = parsed.data?.call_inbound;
  const agentId = wanted?.override_agent_id ?? options.inboundAgentId;
  // An answer that does not validate, and a number nobody serves, end the call.
  if (!parsed.success || wanted?.reject || agentId === undefined) return refused;
  const settings = settingsOf(wanted?.agent_override, options.webhookUrl);
  const call = Object.assign(draft, {
    agentId,
    agentVersion: wanted?.override_agent_version ?? draft.agentVersion,
    metadata: wanted?.metadata,
    dynamicVariables: wanted?.dynamic_variables,
    settings,
    capMs: settings.maxDurationMs,
  });
  remember(retell, call);
  exchange.line.arrive(call);
  exchange.line.answer(call);
  return { accepted: true, callId: call.id };
}

async function ask(retell: Retell, draft: ReturnType<typeof newRetellCall>): Promise<unknown> {
  const { options, exchange } = retell;
  if (options.webhookUrl === undefined) return undefined;
  const body = JSON.stringify({
    event: 'call_inbound',
    event_timestamp: exchange.clock.now(),
    call_inbound: {
      call_id: draft.id,
      ...(options.inboundAgentId === undefined ? {} : { agent_id: options.inboundAgentId }),
      from_number: draft.from,
      to_number: draft.to,
    },
  });
  const answer = await exchange.send(draft, {
    event: 'call_inbound',
    url: options.webhookUrl,
    body,
    headers: (wallMs) => signedHeaders(body, options.apiKey, wallMs),
    timeoutMs: CALL_INBOUND_TIMEOUT_MS,
    retryDelaysMs: RETRY_DELAYS_MS,
  });
  if (answer === undefined) return undefined;
  try {
    return JSON.parse(answer.body) as unknown;
  } catch {
    return undefined;
  }
}
