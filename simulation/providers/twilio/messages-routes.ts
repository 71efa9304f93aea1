import { z } from 'zod';
import { Dice } from '../exchange/dice.ts';
import type { Request, Route } from '../http/route.ts';
import { sid, type Twilio } from './call.ts';
import { authorize, localUrl, readForm, twilioError } from './form.ts';
import { type Message, messageResource, sendOff } from './message.ts';
import { page } from './paging.ts';
import { segmentsOf } from './segments.ts';

const MESSAGES = `^/2010-04-01/Accounts/(?<account>AC[0-9a-f]{32})/Messages`;
const MESSAGES_MAX = 200_000;
const OWN_NUMBER = '+14155550142';

const createSchema = z.looseObject({
  To: z.string().min(2).max(64),
  From: z.string().max(64).optional(),
  MessagingServiceSid: z.string().max(64).optional(),
  Body: z.string().min(1).max(1_600),
  StatusCallback: localUrl.optional(),
});

export function messagesRoutes(twilio: Twilio): Route[] {
  const { exchange, messages } = twilio;
  const all = new RegExp(String.raw`${MESSAGES}\.json$`);
  const resource = (message: Message) => messageResource(twilio, message);
  return [
    {
      method: 'POST',
      path: all,
      faults: ({ body }) => exchange.createFaults(new URLSearchParams(body).get('To') ?? ''),
      handle(request) {
        authorize(twilio, request);
        return { status: 201, body: resource(create(twilio, request)) };
      },
    },
    {
      method: 'GET',
      path: new RegExp(String.raw`${MESSAGES}/(?<id>SM[0-9a-f]{32})\.json$`),
      faults: () => exchange.requestFaults('read', undefined),
      handle(request) {
        authorize(twilio, request);
        const message = messages.get(request.parameters.id ?? '');
        if (!message) throw twilioError(404, 20_404, 'The requested resource was not found');
        return { status: 200, body: resource(message) };
      },
    },
    {
      method: 'GET',
      path: all,
      faults: () => exchange.requestFaults('list', undefined),
      handle(request) {
        authorize(twilio, request);
        const newestFirst = [...messages.values()].reverse();
        return { status: 200, body: page('messages', newestFirst, request, resource) };
      },
    },
  ];
}

function create(twilio: Twilio, request: Request): Message {
  const { exchange, messages } = twilio;
  const form = readForm(createSchema, request);
  if (!form.From && !form.MessagingServiceSid) {
    throw twilioError(400, 21_603, "A 'From' phone number is required");
  }
  if (messages.size >= MESSAGES_MAX) throw twilioError(429, 20_429, 'The simulator is full');
  const dice = new Dice(exchange.seed, 'message', messages.size);
  const createdAtMs = exchange.clock.now();
  const script = exchange.scripts.draw(form.To, dice);
  const message: Message = {
    id: sid('SM', dice),
    from: form.From ?? OWN_NUMBER,
    to: form.To,
    body: form.Body,
    segments: segmentsOf(form.Body),
    byService: form.MessagingServiceSid,
    statusCallback: form.StatusCallback,
    arrives: script.answer !== 'failed',
    createdAtMs,
    status: form.MessagingServiceSid ? 'accepted' : 'queued',
    sentAtMs: undefined,
    updatedAtMs: createdAtMs,
  };
  messages.set(message.id, message);
  sendOff(twilio, message);
  return message;
}
