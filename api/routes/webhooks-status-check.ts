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
  type ReadRequest,
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
  const read = await readSigned(desk, provider, request).catch((error: unknown) => {
    // Whoever asks is in the middle of a call: an outage is no answer to "must it end?".
    if (!desk.isOutage(error)) throw error;
    desk.log.warn({ err: error }, 'nobody can tell just now who signed a status check');
    return undefined;
  });
  if (read === undefined) return { status: 200, body: desk.sessions.checkUnreachable().answer };
  const { event } = read;
  const checked =
    event === undefined
      ? await checkOwnForm(desk, provider, read)
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
  { body, signedBy }: ReadRequest,
): Promise<CheckedCall> {
  const asked = valid(statusCheckSchema, body, 'The body');
  const elapsedMs =
    asked.elapsed_seconds === undefined ? undefined : Math.round(asked.elapsed_seconds * 1000);
  const reference = (providerCallId: string, callId: string | undefined): CallReference => ({
    provider,
    providerCallId,
    ringfence: { organizationId: asked.organization_id, callId, holdId: undefined },
    bindings: [],
    controlUrl: undefined,
    signedBy,
  });
  if (asked.organization_id !== undefined) {
    const own = await check(desk, reference('', asked.call_id), { elapsedMs });
    if (own.outcome !== 'unknown_call') return own;
  }
  return await check(desk, reference(asked.call_id, undefined), { elapsedMs });
}

async function checkMessage(desk: CallDesk, event: ProviderEvent): Promise<CheckedCall> {
  if (event.type === 'gate' || event.type === 'predial') {
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
