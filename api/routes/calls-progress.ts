/** link, start, check, end: what happens to an authorized call. */
import type { z } from '@hono/zod-openapi';
import { ERRORS, type ErrorCode, EVIDENCE, OutageError } from '../../engine/index.ts';
import type { CheckedCall } from '../../kill-switch/index.ts';
import { isPostgresOutage } from '../../persistence/index.ts';
import { type Answer, type Endpoint, type EndpointRequest, endpoint } from '../http/endpoint.ts';
import { Problem, problemBody } from '../http/problem.ts';
import type { CallServices } from '../webhooks/call-services.ts';
import { callNotFound, findCall } from '../webhooks/find-call.ts';
import {
  callParams,
  callQuery,
  callSchema,
  checkSchema,
  endSchema,
  linkSchema,
  startSchema,
  statusAnswerSchema,
} from './calls-schema.ts';

type CallRequest<B> = EndpointRequest<z.output<typeof callParams>, z.output<typeof callQuery>, B>;

const shared = {
  method: 'post',
  tag: 'calls',
  params: callParams,
  query: callQuery,
  answers: { 200: callSchema },
  problems: ['call_not_found', 'ambiguous_call', 'recovering'],
} as const;

export function callProgressRoutes(services: CallServices): Endpoint[] {
  return [linkRoute(services), startRoute(services), checkRoute(services), endRoute(services)];
}

function operated(services: CallServices, request: CallRequest<unknown>) {
  const { principal, params, query } = request;
  return findCall(services, principal, params.call_id, query.organization_id, 'operate');
}

function linkRoute(services: CallServices): Endpoint {
  return endpoint({
    ...shared,
    path: '/v1/calls/{call_id}/link',
    summary: "Tells the provider's id of the call, so that its webhooks find it.",
    body: linkSchema,
    problems: [...shared.problems, 'linked_elsewhere'],
    async handle(request) {
      const call = await operated(services, request);
      const { provider, provider_call_id: providerCallId, control } = request.body;
      const link = { provider, providerCallId, controlUrl: control?.url };
      const reply = await services.sessions.link(call, link, 'callers');
      if (reply.status === 'call_not_found') throw callNotFound(request.params.call_id);
      if (reply.status === 'linked_elsewhere') throw new Problem('linked_elsewhere');
      if (reply.status === 'linked_already') {
        throw new Problem('linked_elsewhere', 'The call is linked to another provider id already.');
      }
      return { status: 200, body: reply.call };
    },
  });
}

function startRoute(services: CallServices): Endpoint {
  return endpoint({
    ...shared,
    path: '/v1/calls/{call_id}/start',
    summary: 'The call was answered: the clock runs. Again changes nothing.',
    body: startSchema,
    problems: [...shared.problems, 'hold_closed'],
    async handle(request) {
      const call = await operated(services, request);
      const startedAt = request.body.started_at;
      const startedAtMs = startedAt === undefined ? undefined : Date.parse(startedAt);
      const reply = await services.sessions.start(call, startedAtMs);
      if (reply.status === 'call_not_found') throw callNotFound(request.params.call_id);
      if (reply.status === 'call_closed') {
        throw new Problem('hold_closed', 'The call is over.', { details: { call: reply.call } });
      }
      return { status: 200, body: reply.call };
    },
  });
}

function checkRoute(services: CallServices): Endpoint {
  return endpoint({
    ...shared,
    path: '/v1/calls/{call_id}/check',
    summary: 'Must this call end? Keeps the hold ahead of the clock; answers in an outage too.',
    body: checkSchema,
    answers: { 200: statusAnswerSchema, 404: statusAnswerSchema },
    limited: false,
    async handle(request) {
      const elapsed = request.body.elapsed_seconds;
      const elapsedMs = elapsed === undefined ? undefined : Math.round(elapsed * 1000);
      try {
        const call = await operated(services, request);
        return checkAnswer(request, await services.sessions.check(call, { elapsedMs }));
      } catch (error) {
        if (isOutage(error)) return checkAnswer(request, services.sessions.checkUnreachable());
        if (!(error instanceof Problem) || error.code !== 'call_not_found') throw error;
        const owner = request.principal.organizationId ?? undefined;
        return checkAnswer(request, await services.sessions.checkUnknown(owner));
      }
    },
  });
}

/** Whoever asks is in the middle of a call: an outage is no answer to "must it end?". */
function isOutage(error: unknown): boolean {
  return error instanceof OutageError || isPostgresOutage(error);
}

/** An unknown call is an error that still answers the question. */
function checkAnswer(request: CallRequest<unknown>, { outcome, answer }: CheckedCall): Answer {
  if (outcome !== 'unknown_call') return { status: 200, body: answer };
  const { requestId, docsUrl, params } = request;
  const body = { ...answer, ...problemBody(callNotFound(params.call_id), requestId, docsUrl) };
  return { status: 404, body };
}

function endRoute(services: CallServices): Endpoint {
  return endpoint({
    ...shared,
    path: '/v1/calls/{call_id}/end',
    summary:
      'The call is over: takes what was used, releases the rest. If it goes on at its provider it is ' +
      'ended there, and its record settles what was taken.',
    body: endSchema,
    async handle(request) {
      const call = await operated(services, request);
      const { duration_seconds, outcome, provider_cost_micros } = request.body;
      const reply = await services.sessions.end(call, {
        durationMs: Math.round(duration_seconds * 1000),
        outcome,
        evidence: EVIDENCE.caller,
        providerCostMicros: provider_cost_micros,
      });
      if (reply.status === 'ended') {
        const { provider } = reply.call;
        if (provider !== undefined) services.saidOver.watch(call, provider);
        return { status: 200, body: reply.call };
      }
      if (reply.status === 'call_not_found') throw callNotFound(request.params.call_id);
      throw new Problem(codeOf(reply.why));
    },
  });
}

function codeOf(why: string): ErrorCode {
  return Object.hasOwn(ERRORS, why) ? (why as ErrorCode) : 'internal';
}
