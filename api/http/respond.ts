import type { Answer } from './endpoint.ts';
import { type Problem, problemBody, problemHeaders } from './problem.ts';
import { toProblem } from './translate.ts';

/** Renders a problem as an answer. */
export function problemAnswer(problem: Problem, requestId: string, docsUrl: string): Answer {
  return {
    status: problem.status,
    body: problemBody(problem, requestId, docsUrl),
    headers: problemHeaders(problem),
  };
}

/** The answer to what nobody foresaw. */
export function fail(error: unknown, requestId: string, docsUrl: string): Answer {
  return problemAnswer(toProblem(error), requestId, docsUrl);
}

export function headersOf(answer: Answer, requestId: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'request-id': requestId,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...answer.headers,
  };
}

/** Makes the response in one go; plain headers and a string body take node-server's fast path. */
export function respond(answer: Answer, requestId: string): Response {
  return new Response(JSON.stringify(answer.body), {
    status: answer.status,
    headers: headersOf(answer, requestId),
  });
}
