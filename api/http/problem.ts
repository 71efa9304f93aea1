import { ERRORS, type ErrorCode } from '../../engine/index.ts';

/** What a problem says besides its code. */
export interface ProblemOptions {
  /** The body field, query parameter or header that is at fault, as the caller wrote it. */
  param?: string;
  /** Figures a program can act on. Never another organization's. */
  details?: Readonly<Record<string, unknown>>;
  /** Extra response headers, lower-case names. */
  headers?: Readonly<Record<string, string>>;
  /** The internal cause: logged, never answered. */
  cause?: unknown;
}

/**
 * An answer that is not a success. Handlers throw it; the endpoint wrapper renders it.
 * `message` is the public sentence. The internal cause stays in `cause`, so the two never mix.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message?: string, options: ProblemOptions = {}) {
    super(message ?? ERRORS[code].meaning, { cause: options.cause });
    this.code = code;
    this.param = options.param;
    this.details = options.details;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return ERRORS[this.code].http;
  }
}

/** The body of an error answer, in the shape every route shares. */
export interface ProblemBody {
  error: {
    type: 'refusal' | 'request' | 'outage' | 'bug';
    code: string;
    message: string;
    param?: string;
    request_id: string;
    docs: string;
    details?: Readonly<Record<string, unknown>>;
  };
}

/** Renders a problem. `docsUrl` is the page that explains the codes, without the fragment. */
export function problemBody(problem: Problem, requestId: string, docsUrl: string): ProblemBody {
  return {
    error: {
      type: ERRORS[problem.code].family,
      code: problem.code,
      message: problem.message,
      ...(problem.param !== undefined && { param: problem.param }),
      request_id: requestId,
      docs: `${docsUrl}#${problem.code}`,
      ...(problem.details !== undefined && { details: problem.details }),
    },
  };
}

/** Seconds after which a caller may try an outage again; short, because recovery is short. */
const RETRY_AFTER_SECONDS = '1';

/** Response headers of a problem: an outage always says when to come back. */
export function problemHeaders(problem: Problem): Readonly<Record<string, string>> {
  if (ERRORS[problem.code].family !== 'outage') return problem.headers;
  return { 'retry-after': RETRY_AFTER_SECONDS, ...problem.headers };
}
