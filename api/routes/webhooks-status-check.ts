/** Status checks at the providers' doors: may the call go on? Always answered, never rate-limited. */
import {
  type CallReference,
  type CheckedCall,
  type ProviderEvent,
  vapiToolResults,
} from '../../kill-switch/index.ts';
import { type Answer, type Endpoint, webhook } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { valid } from '../http/validate.ts';
import type { CallDesk } from '../webhooks/call-desk.ts';
import {
  type JsonProvider,
  parseEvent,
  readSigned,
  type SignedRequest,
} from '../webhooks/receive.ts';
import { statusCheckSchema } from './calls-schema.ts';

export function statusCheckRoutes(desk: CallDesk): Endpoint[] {
  return (['vapi', 'retell'] as const).map((provider) =>
    webhook({
      path: `/webhooks/${provider}/status-check`,
      summary: 'Must this call end? Takes {call_id} or a message of the provider.',
      handle: (request) => statusCheck(desk, provider, request),
    }),
  );
}

async function statusCheck(
  desk: CallDesk,
  provider: JsonProvider,
  request: SignedRequest,
): Promise<Answer> {
  const body = await readSigned(desk, provider, request);
  const event = parseEvent(provider, body);
  const checked =
    event === undefined
      ? await checkOwnForm(desk, provider, body)
      : await checkMessage(desk, event);
  return {
    status: checked.outcome === 'unknown_call' ? 404 : 200,
    body: { ...checked.answer, ...toolResults(event, checked) },
  };
}

/** `{call_id, organization_id?, elapsed_seconds?}`; the call id may be ours or the provider's. */
async function checkOwnForm(
  desk: CallDesk,
  provider: JsonProvider,
  body: unknown,
): Promise<CheckedCall> {
  const asked = valid(statusCheckSchema, body, 'The body');
  const elapsedMs =
    asked.elapsed_seconds === undefined ? undefined : Math.round(asked.elapsed_seconds * 1000);
  const own =
    asked.organization_id && (await identified(desk, asked.organization_id, asked.call_id));
  if (own) {
    const checked = await desk.sessions.check(own, { elapsedMs });
    if (checked.outcome !== 'unknown_call') return checked;
  }
  const reference: CallReference = {
    provider,
    providerCallId: asked.call_id,
    ringfence: { organizationId: asked.organization_id, callId: undefined, holdId: undefined },
    bindings: [],
    controlUrl: undefined,
  };
  return await check(desk, reference, { elapsedMs });
}

/** Undefined when there is no such organization, or nobody can tell just now. */
async function identified(desk: CallDesk, organizationId: string, callId: string) {
  try {
    return await desk.sessions.identify(organizationId, callId);
  } catch (error) {
    if (!desk.isOutage(error)) throw error;
    return undefined;
  }
}

async function checkMessage(desk: CallDesk, event: ProviderEvent): Promise<CheckedCall> {
  if (event.type === 'gate') {
    throw new Problem('invalid_request', 'A call that may not have begun cannot be checked.');
  }
  return await check(desk, event, { alive: event.type === 'alive' || event.type === 'started' });
}

async function check(
  desk: CallDesk,
  reference: CallReference,
  request: { elapsedMs?: number | undefined; alive?: boolean },
): Promise<CheckedCall> {
  const { sessions } = desk;
  try {
    const found = await sessions.findCall(reference);
    if (found.status === 'found') return await sessions.check(found.call, request);
    const owner = found.status === 'no_call_id' ? found.organizationId : undefined;
    return await sessions.checkUnknown(owner);
  } catch (error) {
    // Whoever asks is in the middle of a call: an outage is no answer to "must it end?".
    if (!desk.isOutage(error)) throw error;
    desk.log.warn({ err: error }, 'a status check found no store to ask');
    return sessions.checkUnreachable();
  }
}

/** A Vapi tool call reads its answer from `results`. */
function toolResults(event: ProviderEvent | undefined, { answer }: CheckedCall) {
  if (event?.type !== 'alive' || event.provider !== 'vapi' || event.tools.length === 0) return {};
  return vapiToolResults(event.tools, answer.endCall);
}
