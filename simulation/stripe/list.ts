import { z } from 'zod';
import type { Request } from '../providers/http/route.ts';
import { missing } from './errors.ts';
import { decodeForm, parameters, whole } from './form.ts';

interface Listed {
  readonly id: string;
  readonly created?: number;
}

const created = z.union([
  whole.transform((at) => ({ gte: at, lte: at })),
  z.strictObject({
    gt: whole.optional(),
    gte: whole.optional(),
    lt: whole.optional(),
    lte: whole.optional(),
  }),
]);
const page = {
  limit: whole.pipe(z.number().min(1).max(100)).default(10),
  starting_after: z.string().optional(),
  ending_before: z.string().optional(),
  created: created.optional(),
};

/**
 * One page of a list, newest first. Every name of `filters` may be asked for: an object is kept when
 * its field of that name is the same.
 */
export function list(request: Request, all: Iterable<Listed>, filters: readonly string[]) {
  const wanted = Object.fromEntries(filters.map((name) => [name, z.string().optional()]));
  const query = parameters(
    z.strictObject({ ...page, ...wanted }),
    decodeForm(request.url.search.slice(1)),
  );
  const newestFirst = [...all].reverse().filter((one) => {
    const fields = one as unknown as Record<string, unknown>;
    const given = query as unknown as Record<string, string | undefined>;
    return (
      within(one.created ?? 0, query.created ?? {}) &&
      filters.every((name) => given[name] === undefined || given[name] === fields[name])
    );
  });
  const { data, more } = cut(newestFirst, query);
  return { object: 'list', url: request.url.pathname, has_more: more, data };
}

type Bounds = { [bound in 'gt' | 'gte' | 'lt' | 'lte']?: number | undefined };

function within(at: number, { gt, gte, lt, lte }: Bounds): boolean {
  return (
    (gt === undefined || at > gt) &&
    (gte === undefined || at >= gte) &&
    (lt === undefined || at < lt) &&
    (lte === undefined || at <= lte)
  );
}

function cut(
  all: readonly Listed[],
  query: { limit: number; starting_after?: string | undefined; ending_before?: string | undefined },
): { data: readonly Listed[]; more: boolean } {
  const { limit, starting_after: after, ending_before: before } = query;
  if (before !== undefined) {
    const end = place(all, before, 'ending_before');
    const start = Math.max(0, end - limit);
    return { data: all.slice(start, end), more: start > 0 };
  }
  const start = after === undefined ? 0 : place(all, after, 'starting_after') + 1;
  return { data: all.slice(start, start + limit), more: all.length > start + limit };
}

function place(all: readonly Listed[], id: string, param: string): number {
  const index = all.findIndex((one) => one.id === id);
  if (index < 0) throw missing('object', id, param);
  return index;
}
