import { z } from '@hono/zod-openapi';
import type { IdPrefix } from '../../engine/index.ts';

/** Neither control characters nor half surrogate pairs: Postgres cannot store NUL, logs no others. */
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

/** What jsonb can store: any text but NUL and half surrogate pairs. */
const STORABLE = /^[^\0\p{Cs}]*$/u;
const storable = z.string().regex(STORABLE, 'must not contain NUL or half a surrogate pair');

/** An id in a path or a body: its form is not checked further, an unknown one is not found. */
export const idSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(64, 'must be an id of at most 64 characters')
  .regex(PRINTABLE, 'must be an id without control characters');

/** Where a list goes on: an id of its own kind, so that a wrong one is told and not compared. */
export function cursorSchema(prefix: IdPrefix) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-z]{1,60}$`), `must be the ${prefix}_ id of the last item`);
}

/** Text without control characters, of `min` to `max` characters. */
export function label(max: number, min = 0) {
  return z
    .string()
    .min(min, `must have at least ${min} character`)
    .max(max, `must have at most ${max} characters`)
    .regex(PRINTABLE, 'must not contain control characters');
}

/** A label of the caller's own on an entry; not unique. */
export const referenceSchema = label(255, 1).openapi({ example: 'invoice 2026-11' });
export const descriptionSchema = label(500, 1);
export const nameSchema = label(200, 1).openapi({ example: 'Acme' });

const METADATA_FIELDS_MAX = 50;

/** The caller's own data: up to 50 scalars, kept and given back. */
export const metadataSchema = z
  .record(
    storable.min(1).max(64),
    z.union([storable.max(1000), z.number(), z.boolean(), z.null()]),
    'must be an object of texts, numbers and booleans',
  )
  .refine(
    (value) => Object.keys(value).length <= METADATA_FIELDS_MAX,
    `must have at most ${METADATA_FIELDS_MAX} fields`,
  );

/** The last millisecond that is written with four digits of a year, whatever the offset. */
const LAST_INSTANT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** RFC 3339 with an offset, from 1970 to 9999 in UTC. Answers are always in UTC. */
export const instantSchema = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-11-21T06:00:00Z' })
  .refine((text) => {
    const ms = Date.parse(text);
    return ms >= 0 && ms <= LAST_INSTANT_MS;
  }, 'must be a time from 1970 to 9999')
  .openapi({ example: '2026-11-21T06:00:00.000Z' });

/** Query fields of every list. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be an integer from 1 to 100')
    .transform(Number)
    .refine((value) => value >= 1 && value <= 100, 'must be an integer from 1 to 100')
    .default(20)
    .openapi({ type: 'integer', minimum: 1, maximum: 100, example: 20 }),
  starting_after: idSchema.optional(),
};

/** The schema of a list of `item`. */
export function listOf(item: z.ZodType) {
  return z.object({ data: z.array(item), has_more: z.boolean() });
}

/** Renders a page of a list. */
export function listBody<T, U>(
  page: { data: readonly T[]; hasMore: boolean },
  render: (item: T) => U,
): { data: U[]; has_more: boolean } {
  return { data: page.data.map(render), has_more: page.hasMore };
}

/** What a list asks the directory for. */
export function pageOf(query: { limit: number; starting_after?: string | undefined }) {
  return {
    limit: query.limit,
    ...(query.starting_after !== undefined && { startingAfter: query.starting_after }),
  };
}
