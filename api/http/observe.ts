import type { Logger } from 'pino';
import type { ErrorCode } from '../../engine/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { Endpoint } from './endpoint.ts';
import type { Problem } from './problem.ts';

/** One finished request. Never its body, its query or its authorization. */
export interface Observation {
  endpoint: Pick<Endpoint, 'method' | 'path'>;
  status: number;
  elapsedMs: number;
  requestId: string;
  principal: Principal;
  problem: Problem | undefined;
  /** Of the items of a batch that were not done. */
  itemProblems: readonly Problem[];
}

export type Observe = (observation: Observation) => void;

/** Counts a request by route and status; `codes` of what was no success: its own, or its items'. */
export type CountRequest = (
  method: string,
  path: string,
  status: number,
  elapsedMs: number,
  codes: readonly ErrorCode[],
) => void;

/** One log line and one measurement for each request. */
export function createObserve(log: Logger, count: CountRequest): Observe {
  return (observation) => {
    const { endpoint, status, elapsedMs, requestId, principal, problem, itemProblems } =
      observation;
    const problems = problem === undefined ? itemProblems : [problem];
    const codes = problems.map(({ code }) => code);
    count(endpoint.method, endpoint.path, status, elapsedMs, codes);
    const line = {
      request_id: requestId,
      method: endpoint.method,
      route: endpoint.path,
      status,
      elapsed_ms: Math.round(elapsedMs * 1000) / 1000,
      key_id: principal.keyId,
      ...(problem !== undefined && { code: problem.code }),
    };
    if (status >= 500) log.error({ ...line, err: problem?.cause }, 'request failed');
    else log.info(line, 'request');
    for (const item of itemProblems) {
      if (item.status >= 500) {
        log.error({ ...line, code: item.code, err: item.cause }, 'an item of a batch failed');
      }
    }
  };
}
