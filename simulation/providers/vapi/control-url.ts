import { z } from 'zod';
import { parsed } from '../exchange/control-routes.ts';
import { hangUpVerdict } from '../exchange/hang-up.ts';
import { notePush } from '../exchange/record.ts';
import { type Reply, type Request, RequestError, type Route } from '../http/route.ts';
import type { Vapi, VapiCall } from './call.ts';
import { sendMessage, statusUpdate } from './messages.ts';
import { speechMs } from './tool-hooks.ts';

const commandSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('end-call') }),
  z.looseObject({
    type: z.literal('say'),
    content: z.string().max(100_000),
    endCallAfterSpoken: z.boolean().optional(),
  }),
  z.looseObject({
    type: z.literal('add-message'),
    message: z.looseObject({ role: z.string(), content: z.string() }),
  }),
  z.looseObject({ type: z.literal('control'), control: z.string() }),
  z.looseObject({
    type: z.literal('transfer'),
    destination: z.looseObject({ type: z.enum(['number', 'sip']) }),
  }),
  z.looseObject({ type: z.literal('handoff') }),
  z.looseObject({ type: z.literal('send-transport-message') }),
]);
type Command = z.infer<typeof commandSchema>;

/** The live control URL of each call. Anything but 2xx once the call is over. */
export function controlUrlRoute(vapi: Vapi): Route {
  const callOf = ({ parameters }: Request) => vapi.exchange.calls.get(parameters.id ?? '');
  return {
    method: 'POST',
    path: /^\/(?<id>[0-9a-f-]{36})\/control$/,
    faults: (request) =>
      vapi.exchange.requestFaults(endsCall(request) ? 'hang-up' : 'update', callOf(request)),
    prevented(request) {
      const call = callOf(request);
      const kind = endsCall(request) ? 'end-call' : 'message';
      if (call) notePush(call, vapi.exchange.clock, request, kind, 'refused');
    },
    handle(request) {
      const call = callOf(request);
      if (!call?.settings.controlEnabled) throw new RequestError(404, 'No such call.');
      authorize(vapi, call, request);
      let command: Command;
      try {
        command = parsed(commandSchema, request);
      } catch (error) {
        notePush(call, vapi.exchange.clock, request, 'unreadable', 'invalid');
        throw error;
      }
      return carryOut(vapi, call, command, request);
    },
  };
}

/** Faults tell requests to end a call from others before anybody has read them. */
function endsCall({ body }: Request): boolean {
  return body.includes('"end-call"') || /"endCallAfterSpoken"\s*:\s*true/.test(body);
}

function authorize(vapi: Vapi, call: VapiCall, request: Request): void {
  const { publicKey } = vapi.options;
  if (!call.settings.controlAuthenticated) return;
  if (publicKey === undefined || request.headers.authorization !== `Bearer ${publicKey}`) {
    throw new RequestError(401, 'The control URL wants the public key.');
  }
}

function carryOut(vapi: Vapi, call: VapiCall, command: Command, request: Request): Reply {
  const { clock, line, faults } = vapi.exchange;
  if (call.phase === 'ended') {
    notePush(call, clock, request, command.type, 'too_late');
    throw new RequestError(404, 'The call has ended.');
  }
  const ends =
    command.type === 'end-call' || (command.type === 'say' && command.endCallAfterSpoken);
  const verdict = ends ? hangUpVerdict(call, faults) : 'obeyed';
  notePush(call, clock, request, command.type, verdict);
  if (verdict === 'refused') throw new RequestError(503, 'The call could not be reached.');
  if (verdict === 'ignored') return { status: 200, body: {} };
  if (command.type === 'end-call') line.end(call, 'pushed');
  if (command.type === 'say' && command.endCallAfterSpoken) {
    const overAtMs = clock.now() + speechMs(command.content);
    line.at(call, overAtMs, (atMs) => line.end(call, 'said', atMs));
  }
  if (command.type === 'transfer') forward(vapi, call, command.destination);
  return { status: 200, body: {} };
}

/** Passes the person on. The call goes on, and goes on costing, until the two have talked. */
export function forward(vapi: Vapi, call: VapiCall, destination: unknown): void {
  if (call.phase !== 'live') return;
  call.forwardedTo = destination;
  call.updatedAtMs = vapi.exchange.clock.now();
  statusUpdate(vapi, call);
  void sendMessage(vapi, call, { type: 'transfer-update', destination });
}
