import { z } from 'zod';
import { parsed } from '../exchange/control-routes.ts';
import type { Operation } from '../exchange/faults.ts';
import { hangUpVerdict } from '../exchange/hang-up.ts';
import { notePush } from '../exchange/record.ts';
import { jsonBody, type Reply, type Request, RequestError, type Route } from '../http/route.ts';
import type { Retell, RetellCall } from './call.ts';
import { callObject, listedCall } from './call-object.ts';
import { listCalls, listSchema } from './list-calls.ts';
import { newRetellCall, remember } from './place-call.ts';
import { agentOverrideSchema } from './settings.ts';

const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/);
const createSchema = z.looseObject({
  from_number: e164,
  to_number: e164,
  override_agent_id: z.string().max(128).optional(),
  override_agent_version: z.number().int().optional(),
  agent_override: agentOverrideSchema.optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  retell_llm_dynamic_variables: z.record(z.string(), z.string()).optional(),
});
const updateSchema = z.looseObject({
  call_control: z
    .looseObject({
      additional_context: z.string().optional(),
      trigger_response: z.boolean().optional(),
    })
    .optional(),
  fields_to_override: z
    .looseObject({ metadata: z.record(z.string(), z.unknown()).optional() })
    .optional(),
});

export function callsRoutes(retell: Retell): Route[] {
  const { exchange } = retell;
  const callOf = ({ parameters }: Request) => exchange.calls.get(parameters.id ?? '');
  const authorized = (handle: (request: Request) => Reply) => (request: Request) => {
    if (request.headers.authorization !== `Bearer ${retell.options.apiKey}`) {
      throw new RequestError(401, 'Invalid API key.');
    }
    return handle(request);
  };
  /** A route about one call. */
  const about = (
    method: Route['method'],
    path: RegExp,
    operation: Operation,
    handle: (call: RetellCall, request: Request) => Reply,
  ): Route => ({
    method,
    path,
    faults: (request) => exchange.requestFaults(operation, callOf(request)),
    handle: authorized((request) => {
      const call = callOf(request);
      if (!call) throw new RequestError(404, 'Call not found.');
      return handle(call, request);
    }),
  });
  return [
    {
      method: 'POST',
      path: /^\/v2\/create-phone-call$/,
      faults: (request) => exchange.createFaults(calledNumber(request)),
      handle: authorized((request) => create(retell, request)),
    },
    {
      method: 'POST',
      path: /^\/v3\/list-calls$/,
      faults: () => exchange.requestFaults('list', undefined),
      handle: authorized((request) => ({
        status: 200,
        body: listCalls(retell, parsed(listSchema, request)),
      })),
    },
    about('GET', /^\/v2\/get-call\/(?<id>[^/]+)$/, 'read', (call) => ({
      status: 200,
      body: callObject(retell, call),
    })),
    {
      ...about('POST', /^\/v2\/stop-call\/(?<id>[^/]+)$/, 'hang-up', (call, request) =>
        stop(retell, call, request),
      ),
      prevented(request) {
        const call = callOf(request);
        if (call) notePush(call, exchange.clock, request, 'stop-call', 'refused');
      },
    },
    about('PATCH', /^\/v2\/update-live-call\/(?<id>[^/]+)$/, 'update', (call, request) =>
      update(retell, call, request),
    ),
  ];
}

function create(retell: Retell, request: Request): Reply {
  const body = parsed(createSchema, request);
  const call = newRetellCall(retell, {
    direction: 'outbound',
    from: body.from_number,
    to: body.to_number,
    agentId: body.override_agent_id,
    agentVersion: body.override_agent_version,
    override: body.agent_override,
    metadata: body.metadata,
    dynamicVariables: body.retell_llm_dynamic_variables,
  });
  remember(retell, call);
  retell.exchange.line.dial(call);
  return { status: 201, body: listedCall(retell, call) };
}

/** Ends a call that is being talked. Retell says nothing of calls that still ring: they are refused. */
function stop(retell: Retell, call: RetellCall, request: Request): Reply {
  const { clock, line, faults } = retell.exchange;
  if (call.phase !== 'live') {
    notePush(call, clock, request, 'stop-call', call.phase === 'ended' ? 'too_late' : 'invalid');
    throw new RequestError(422, 'Call is not ongoing.');
  }
  const verdict = hangUpVerdict(call, faults);
  notePush(call, clock, request, 'stop-call', verdict);
  if (verdict === 'refused') throw new RequestError(500, 'The call could not be stopped.');
  if (verdict === 'obeyed') line.end(call, 'pushed');
  return { status: 204 };
}

function update(retell: Retell, call: RetellCall, request: Request): Reply {
  const { clock } = retell.exchange;
  const late = call.phase !== 'live';
  notePush(call, clock, request, 'update-live-call', late ? 'too_late' : 'obeyed');
  if (late) throw new RequestError(422, 'Call is not ongoing.');
  const body = parsed(updateSchema, request);
  call.metadata = body.fields_to_override?.metadata ?? call.metadata;
  return { status: 200, body: callObject(retell, call) };
}

/** Whose faults apply; a body that is not as it should be is answered by the handler. */
function calledNumber(request: Request): string {
  try {
    return createSchema.safeParse(jsonBody(request)).data?.to_number ?? '';
  } catch {
    return '';
  }
}
