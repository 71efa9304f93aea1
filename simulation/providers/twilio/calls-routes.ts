import { z } from 'zod';
import { hangUpVerdict } from '../exchange/hang-up.ts';
import { notePush } from '../exchange/record.ts';
import type { Reply, Request, Route } from '../http/route.ts';
import { sid, type Twilio, type TwilioCall } from './call.ts';
import { callResource } from './call-resource.ts';
import { statusCallback } from './callbacks.ts';
import { authorize, localUrl, readForm, twilioError, wholeNumber } from './form.ts';
import { listedCalls } from './list-calls.ts';
import { page } from './paging.ts';

const CALLS = `^/2010-04-01/Accounts/(?<account>AC[0-9a-f]{32})/Calls`;
/** Four hours, Twilio's own limit and default. */
const TIME_LIMIT_SECONDS_MAX = 14_400;
const timeLimit = wholeNumber(1, TIME_LIMIT_SECONDS_MAX);
const number = z.string().min(2).max(64);

const createSchema = z.looseObject({
  To: number,
  From: number,
  Url: z.string().optional(),
  Twiml: z.string().optional(),
  ApplicationSid: z.string().optional(),
  TimeLimit: timeLimit.default(TIME_LIMIT_SECONDS_MAX),
  /** Seconds of ringing. */
  Timeout: wholeNumber(1, 600).default(60),
  StatusCallback: localUrl.optional(),
  StatusCallbackEvent: z.array(z.string()).default(['completed']),
});
const updateSchema = z.looseObject({
  Status: z.enum(['completed', 'canceled']).optional(),
  TimeLimit: timeLimit.optional(),
});

export function callsRoutes(twilio: Twilio): Route[] {
  const { exchange } = twilio;
  const callOf = ({ parameters }: Request) => exchange.calls.get(parameters.id ?? '');
  const ends = ({ body }: Request) => new URLSearchParams(body).has('Status');
  const one = new RegExp(String.raw`${CALLS}/(?<id>CA[0-9a-f]{32})\.json$`);
  const all = new RegExp(String.raw`${CALLS}\.json$`);
  const known = (request: Request): TwilioCall => {
    authorize(twilio, request);
    const call = callOf(request);
    if (!call) throw twilioError(404, 20_404, 'The requested resource was not found');
    return call;
  };
  return [
    {
      method: 'POST',
      path: all,
      faults: ({ body }) => exchange.createFaults(new URLSearchParams(body).get('To') ?? ''),
      handle(request) {
        authorize(twilio, request);
        const call = create(twilio, readForm(createSchema, request));
        return { status: 201, body: callResource(twilio, call) };
      },
    },
    {
      method: 'POST',
      path: one,
      faults: (request) =>
        exchange.requestFaults(ends(request) ? 'hang-up' : 'update', callOf(request)),
      prevented(request) {
        const call = callOf(request);
        const kind = ends(request) ? 'completed' : 'time-limit';
        if (call) notePush(call, exchange.clock, request, kind, 'refused');
      },
      handle: (request) => update(twilio, known(request), request),
    },
    {
      method: 'GET',
      path: one,
      faults: (request) => exchange.requestFaults('read', callOf(request)),
      handle: (request) => ({ status: 200, body: callResource(twilio, known(request)) }),
    },
    {
      method: 'GET',
      path: all,
      faults: () => exchange.requestFaults('list', undefined),
      handle(request) {
        authorize(twilio, request);
        const calls = listedCalls(twilio, request);
        const body = page('calls', calls, request, (call) => callResource(twilio, call));
        return { status: 200, body };
      },
    },
  ];
}

function create(twilio: Twilio, form: z.infer<typeof createSchema>): TwilioCall {
  const { exchange } = twilio;
  if (!form.Url && !form.Twiml && !form.ApplicationSid) {
    throw twilioError(400, 21_205, 'Url, Twiml or ApplicationSid is needed');
  }
  const base = exchange.newCall({
    direction: 'outbound',
    from: form.From,
    to: form.To,
    capMs: form.TimeLimit * 1_000,
    id: (dice) => sid('CA', dice),
  });
  const call: TwilioCall = Object.assign(base, {
    statusCallback: form.StatusCallback,
    callbackEvents: new Set([...form.StatusCallbackEvent, 'completed']),
    ringLimitMs: form.Timeout * 1_000,
    sequenceNumber: 0,
    canceled: false,
    onHangUp: undefined,
  });
  exchange.calls.set(call.id, call);
  statusCallback(twilio, call);
  exchange.line.dial(call);
  return call;
}

/** `completed` ends any call that is not over; `canceled` only one that has not been answered. */
function update(twilio: Twilio, call: TwilioCall, request: Request): Reply {
  const form = readForm(updateSchema, request);
  const { clock, line, faults } = twilio.exchange;
  const kind = form.Status ?? 'time-limit';
  if (call.phase === 'ended') {
    notePush(call, clock, request, kind, 'too_late');
    throw twilioError(400, 21_220, 'Call is not in-progress. Cannot redirect.');
  }
  const verdict = form.Status === undefined ? 'obeyed' : hangUpVerdict(call, faults);
  notePush(call, clock, request, kind, verdict);
  if (verdict === 'refused') throw twilioError(503, 20_503, 'Service unavailable');
  if (form.TimeLimit !== undefined) line.limit(call, form.TimeLimit * 1_000);
  if (verdict === 'obeyed' && form.Status !== undefined) {
    call.canceled = call.phase !== 'live';
    if (form.Status === 'completed' || call.canceled) line.end(call, 'pushed');
  }
  return { status: 200, body: callResource(twilio, call) };
}
