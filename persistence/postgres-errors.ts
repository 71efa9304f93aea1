/** The driver's errors, translated once, by code. */
import { OutageError } from '../engine/index.ts';

const CONNECTION_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * Whether an error says that Postgres is away, full or busy, so that the same work may succeed
 * later. Classes: 08 connection, 53 resources, 57P shutdown, 58 system, 40 rollback; lock and idle
 * timeouts (55P03, 25P03).
 */
export function isPostgresOutage(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return false;
  }
  const { code } = error;
  return (
    CONNECTION_CODES.has(code) || (code.length === 5 && /^(08|53|57P|58|40|55P03|25P03)/.test(code))
  );
}

/** Whether the driver lost the connection, so that nothing more may be sent on it. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return CONNECTION_CODES.has(String(error.code)) || 'errno' in error;
}

/** Runs a query; Postgres being away becomes OutageError `postgres_unreachable`. */
export async function orOutage<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    if (isPostgresOutage(error)) throw new OutageError('postgres_unreachable', { cause: error });
    throw error;
  }
}
