import { z } from 'zod';
import type { Request } from '../http/route.ts';
import { twilioError, wholeNumber } from './form.ts';

const schema = z.object({
  PageSize: wholeNumber(1, 1_000).default(50),
  Page: wholeNumber(0, 999_999).default(0),
  PageToken: z
    .string()
    .regex(/^PA[A-Z]{2}[0-9A-Za-z]{1,64}$/)
    .optional(),
});

/**
 * One page of a list, newest first. The token names the last item given, so that what is created
 * meanwhile shifts nothing.
 * @param items newest first.
 */
export function page<T extends { readonly id: string }>(
  name: 'calls' | 'messages',
  items: readonly T[],
  request: Request,
  resource: (item: T) => unknown,
): Record<string, unknown> {
  const result = schema.safeParse(Object.fromEntries(request.url.searchParams));
  if (!result.success) throw twilioError(400, 20_001, z.prettifyError(result.error));
  const { PageSize: size, Page: number, PageToken: token } = result.data;
  const last = token?.slice(2);
  const start = last === undefined ? 0 : items.findIndex(({ id }) => id === last) + 1;
  if (last !== undefined && start === 0) throw twilioError(400, 20_001, 'Unknown PageToken');
  const found = items.slice(start, start + size);
  const more = items.length > start + found.length;
  const uri = (changes: Record<string, string | undefined>) => {
    const query = new URLSearchParams(request.url.searchParams);
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined) query.delete(key);
      else query.set(key, value);
    }
    return `${request.url.pathname}?${query}`;
  };
  const at = { PageSize: String(size) };
  const next = { ...at, Page: String(number + 1), PageToken: `PA${found.at(-1)?.id}` };
  return {
    [name]: found.map(resource),
    first_page_uri: uri({ ...at, Page: '0', PageToken: undefined }),
    next_page_uri: more ? uri(next) : null,
    previous_page_uri: null,
    page: number,
    page_size: size,
    start,
    end: start + Math.max(0, found.length - 1),
    uri: `${request.url.pathname}${request.url.search}`,
  };
}
