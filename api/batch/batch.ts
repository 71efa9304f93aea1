/**
 * Many requests in one. Each item is checked, permitted, done and answered by itself, exactly as the
 * route for one would, so that what is wrong with one leaves the others as they are. The status of
 * the whole is 207: whoever wants to know what became of an item has to read its own.
 *
 * The items are done at the same time, and on the one connection to Redis their scripts follow each
 * other without waiting for answers. Two items of which one needs the other belong in two batches.
 */
import { z } from '@hono/zod-openapi';
import type { Answer, EndpointRequest } from '../http/endpoint.ts';
import { problemSchema } from '../http/openapi.ts';
import type { Problem } from '../http/problem.ts';
import { problemAnswer } from '../http/respond.ts';
import { toProblem } from '../http/translate.ts';
import { valid } from '../http/validate.ts';

/** Items of one request: a tenth of a second of work, and answers of about 100 KB. */
export const BATCH_ITEMS_MAX = 100;

type BatchBody = z.output<typeof batchSchema>;
export type BatchRequest = EndpointRequest<unknown, unknown, BatchBody>;

const MANY = `must be a list of 1 to ${BATCH_ITEMS_MAX} items`;
const batchSchema = z.strictObject({
  items: z.array(z.unknown(), MANY).min(1, MANY).max(BATCH_ITEMS_MAX, MANY),
});

/** What the endpoint of a batch takes; an item is validated by the schema that documents it. */
export function batchOf(item: z.ZodType) {
  const documented = z.strictObject({ items: z.array(item).min(1).max(BATCH_ITEMS_MAX) });
  return {
    method: 'post',
    body: batchSchema,
    documentedBody: documented,
    requests: ({ items }: BatchBody) => items.length,
  } as const;
}

/** @param answer what the route for one answers when it does what it is asked */
export function batchAnswerSchema(answer: z.ZodType) {
  const result = z.object({
    status: z.int().openapi({ description: 'As the route for one would answer this item.' }),
    headers: z.record(z.string(), z.string()).openapi({
      description: 'What that answer would carry: idempotency-replayed, retry-after.',
    }),
    body: z.union([answer, problemSchema]),
  });
  return z.object({
    data: z.array(result).openapi({ description: 'In the order of the items, as many as they.' }),
    failed: z.int().openapi({ description: 'How many of them have a status of 400 or more.' }),
  });
}

/** Does every item and answers for each. */
export async function answerEach<T>(
  request: BatchRequest,
  schema: z.ZodType<T>,
  one: (item: T) => Promise<Answer>,
): Promise<Answer> {
  const { requestId, docsUrl } = request;
  const problems: Problem[] = [];
  const answerTo = async (item: unknown): Promise<Answer> => {
    try {
      return await one(valid(schema, item, 'The body'));
    } catch (error) {
      const problem = toProblem(error);
      problems.push(problem);
      return problemAnswer(problem, requestId, docsUrl);
    }
  };
  const answers = await Promise.all(request.body.items.map(answerTo));
  const data = answers.map(({ status, headers = {}, body }) => ({ status, headers, body }));
  return { status: 207, body: { data, failed: problems.length }, problems };
}
