import { z } from 'zod';
import { parsed } from '../exchange/control-routes.ts';
import { jsonBody, type Request, RequestError, type Route } from '../http/route.ts';
import type { Vapi, VapiCall } from './call.ts';
import { callObject } from './call-object.ts';
import { placeCall } from './place-call.ts';
import { assistantSchema } from './settings.ts';

const createSchema = z.looseObject({
  assistantId: z.string().max(64).optional(),
  assistant: assistantSchema.optional(),
  assistantOverrides: assistantSchema.optional(),
  phoneNumberId: z.string().max(64),
  customer: z.looseObject({ number: z.string().min(2).max(40) }),
  name: z.string().max(40).optional(),
});

const CONCURRENCY = 100_000;

/** Every request but the control URL's carries the private key. */
function authorize(vapi: Vapi, { headers }: Request): void {
  if (headers.authorization !== `Bearer ${vapi.options.apiKey}`) {
    throw new RequestError(401, 'Invalid Key.');
  }
}

export function callsRoutes(vapi: Vapi): Route[] {
  const { exchange } = vapi;
  const callOf = ({ parameters }: Request) => exchange.calls.get(parameters.id ?? '');
  return [
    {
      method: 'POST',
      path: /^\/call$/,
      faults: (request) => exchange.createFaults(calledNumber(request)),
      handle(request) {
        authorize(vapi, request);
        const body = parsed(createSchema, request);
        if (body.assistantId === undefined && body.assistant === undefined) {
          throw new RequestError(400, 'An assistantId or an assistant is needed.');
        }
        const { number } = body.customer;
        const call = placeCall(vapi, { ...body, direction: 'outbound', person: number });
        const subscriptionLimits = {
          concurrencyBlocked: false,
          concurrencyLimit: CONCURRENCY,
          remainingConcurrentCalls: CONCURRENCY - exchange.line.open,
        };
        return { status: 201, body: { ...callObject(vapi, call, true), subscriptionLimits } };
      },
    },
    {
      method: 'GET',
      path: /^\/call$/,
      faults: () => exchange.requestFaults('list', undefined),
      handle(request) {
        authorize(vapi, request);
        const calls = listed(vapi, request.url.searchParams);
        return { status: 200, body: calls.map((call) => callObject(vapi, call, true)) };
      },
    },
    {
      method: 'GET',
      path: /^\/call\/(?<id>[^/]+)$/,
      faults: (request) => exchange.requestFaults('read', callOf(request)),
      handle(request) {
        authorize(vapi, request);
        const call = callOf(request);
        if (!call) throw new RequestError(404, 'Couldn\u2019t find this call.');
        return { status: 200, body: callObject(vapi, call, true) };
      },
    },
  ];
}

/** Whose faults apply; a body that is not as it should be is answered by the handler. */
function calledNumber(request: Request): string {
  try {
    const body = createSchema.safeParse(jsonBody(request));
    return body.success ? body.data.customer.number : '';
  } catch {
    return '';
  }
}

const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .optional();
const querySchema = z.object({
  limit: z.coerce.number().int().min(0).max(1_000).default(100),
  id: z.string().optional(),
  assistantId: z.string().optional(),
  phoneNumberId: z.string().optional(),
  createdAtGt: moment,
  createdAtLt: moment,
  createdAtGe: moment,
  createdAtLe: moment,
  updatedAtGt: moment,
  updatedAtLt: moment,
  updatedAtGe: moment,
  updatedAtLe: moment,
});

/** There is no cursor: who wants more than `limit` moves a time bound. */
function listed(vapi: Vapi, parameters: URLSearchParams): VapiCall[] {
  const result = querySchema.safeParse(Object.fromEntries(parameters));
  if (!result.success) throw new RequestError(400, z.prettifyError(result.error));
  const query = result.data;
  const is = (wanted: string | undefined, value: string | undefined) =>
    wanted === undefined || wanted === value;
  const calls = [...vapi.exchange.calls.values()].filter(
    (call) =>
      is(query.id, call.id) &&
      is(query.assistantId, call.assistantId) &&
      is(query.phoneNumberId, call.phoneNumberId) &&
      call.createdAtMs > (query.createdAtGt ?? -1) &&
      call.createdAtMs >= (query.createdAtGe ?? -1) &&
      call.createdAtMs < (query.createdAtLt ?? Number.POSITIVE_INFINITY) &&
      call.createdAtMs <= (query.createdAtLe ?? Number.POSITIVE_INFINITY) &&
      call.updatedAtMs > (query.updatedAtGt ?? -1) &&
      call.updatedAtMs >= (query.updatedAtGe ?? -1) &&
      call.updatedAtMs < (query.updatedAtLt ?? Number.POSITIVE_INFINITY) &&
      call.updatedAtMs <= (query.updatedAtLe ?? Number.POSITIVE_INFINITY),
  );
  if (vapi.options.listOrder !== 'oldest') calls.reverse();
  return calls.slice(0, query.limit);
}
