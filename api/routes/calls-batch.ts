import { answerEach, type BatchRequest, batchAnswerSchema, batchOf } from '../batch/batch.ts';
import { AUTHORIZE_PROBLEMS, authorizeOne } from '../calls/authorize-one.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import type { CallServices } from '../webhooks/call-services.ts';
import { callSchema, newCallSchema } from './calls-schema.ts';

/** Many calls before a campaign dials them. */
export function callBatchRoute(services: CallServices): Endpoint {
  return endpoint({
    ...batchOf(newCallSchema),
    path: '/v1/calls/batch',
    tag: 'calls',
    summary:
      'Authorizes up to 100 calls, each as by its own route: its own call_id, its own answer. One ' +
      'that is refused leaves the others as they are.',
    answers: { 207: batchAnswerSchema(callSchema) },
    problems: AUTHORIZE_PROBLEMS,
    handle: (request: BatchRequest) =>
      answerEach(request, newCallSchema, (body) => authorizeOne(services, request.principal, body)),
  });
}
