import { randomUUID } from 'node:crypto';

const SANE = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's `Request-Id` if it is fit for a log line, else a new one. */
export function requestIdOf(given: string | null): string {
  return given !== null && SANE.test(given) ? given : `req_${randomUUID().replaceAll('-', '')}`;
}
