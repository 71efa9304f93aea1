import { z } from 'zod';
import { RequestError } from '../http/route.ts';
import type { Retell, RetellCall } from './call.ts';
import { listedCall } from './call-object.ts';
import { filterCriteriaSchema, passes } from './filters.ts';

export const listSchema = z.strictObject({
  filter_criteria: filterCriteriaSchema.default({}),
  sort_order: z.enum(['ascending', 'descending']).default('descending'),
  limit: z.number().int().min(1).max(1_000).default(50),
  skip: z.number().int().min(0).default(0),
  pagination_key: z.string().max(256).optional(),
  include_total: z.boolean().default(false),
});

interface Position {
  readonly atMs: number;
  readonly ordinal: number;
}

const positionOf = (call: RetellCall): Position => ({
  atMs: call.startedAtMs ?? call.endedAtMs ?? call.createdAtMs,
  ordinal: call.ordinal,
});
const compare = (a: Position, b: Position) => a.atMs - b.atMs || a.ordinal - b.ordinal;

/** `POST /v3/list-calls`. The key names the last call given, so calls that end meanwhile shift nothing. */
export function listCalls(retell: Retell, query: z.infer<typeof listSchema>) {
  const sign = query.sort_order === 'ascending' ? 1 : -1;
  const after = query.pagination_key === undefined ? undefined : position(query.pagination_key);
  const matching = [...retell.exchange.calls.values()]
    .map((call) => ({ call, at: positionOf(call) }))
    .filter(({ call }) => passes(listedCall(retell, call), query.filter_criteria))
    .sort((a, b) => sign * compare(a.at, b.at));
  const rest = matching
    .filter(({ at }) => after === undefined || sign * compare(at, after) > 0)
    .slice(query.skip);
  const page = rest.slice(0, query.limit);
  const last = page.at(-1);
  const more = rest.length > page.length;
  return {
    items: page.map(({ call }) => listedCall(retell, call)),
    has_more: more,
    ...(more && last ? { pagination_key: `${last.at.atMs}.${last.at.ordinal}` } : {}),
    ...(query.include_total ? { total: matching.length } : {}),
  };
}

function position(key: string): Position {
  const match = /^(\d{1,16})\.(\d{1,10})$/.exec(key);
  if (!match) throw new RequestError(400, 'Invalid pagination_key.');
  return { atMs: Number(match[1]), ordinal: Number(match[2]) };
}
