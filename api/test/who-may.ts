/** The columns of the "who may" table, and the rows that come again and again. */
import type { Tenant } from './tenants.ts';

/** Who asks, and about whose things. `client` is below `agency`; `other` is a stranger. */
export const COLUMNS = [
  ['platform', 'client'],
  ['agency', 'agency'],
  ['agency', 'client'],
  ['agency', 'other'],
  ['client', 'client'],
  ['client', 'agency'],
  ['client', 'other'],
  ['finance', 'agency'],
  ['finance', 'client'],
  ['finance', 'other'],
  ['platform finance', 'client'],
] as const;

export type Asker = (typeof COLUMNS)[number][0];
export type Target = (typeof COLUMNS)[number][1];

export interface Made {
  path?: Record<string, string>;
  query?: string;
  body?: unknown;
}

export interface Row {
  statuses: number[];
  /** Makes what the request is about, as the platform, and says what to send. */
  make(tenant: Tenant): Promise<Made> | Made;
}

export const READ = (ok: number) => [ok, ok, ok, 404, ok, 404, 404, ok, ok, 404, ok];
export const OPERATE = (ok: number) => [ok, ok, 403, 404, ok, 404, 404, 403, 403, 404, 403];
export const MANAGE = (ok: number) => [ok, 403, ok, 404, 403, 404, 404, 403, 403, 404, 403];
/** One's own, and those of the organizations one manages. */
export const OWN_AND_MANAGED = (ok: number) => [ok, ok, ok, 404, ok, 404, 404, 403, 403, 404, 403];
export const TREASURY = (ok: number) => [ok, 403, 403, 404, 403, 404, 404, 403, 403, 404, 403];
export const ANYBODY = (ok: number) => Array.from({ length: COLUMNS.length }, () => ok);
