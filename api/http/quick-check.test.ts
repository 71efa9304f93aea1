import { z } from '@hono/zod-openapi';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chargeOfBatchSchema, chargeSchema } from '../charges/schema.ts';
import * as calls from '../routes/calls-schema.ts';
import { metadataSchema, pageQuery } from '../schemas/common.ts';
import { quickCheckOf } from './quick-check.ts';

const SCHEMAS: Readonly<Record<string, z.ZodObject>> = {
  newCall: calls.newCallSchema,
  check: calls.checkSchema,
  end: calls.endSchema,
  start: calls.startSchema,
  link: calls.linkSchema,
  params: calls.callParams,
  query: calls.callQuery,
  charge: chargeSchema,
  chargeOfBatch: chargeOfBatchSchema,
  page: z.object(pageQuery),
  every: z.strictObject({
    list: z.array(z.unknown()).min(1).max(2).optional(),
    word: z.enum(['a', 'b']).optional(),
    url: z.url().optional(),
    turned: z.string().transform(Number).optional(),
    given: z.string().default('x'),
    coerced: z.coerce.number().optional(),
    exclusive: z.number().gt(0).lt(1).optional(),
    few: z.int32().optional(),
    metadata: metadataSchema.optional(),
    inner: z.object({ a: z.null() }).optional(),
    first: z.union([z.coerce.number(), z.string()]).optional(),
    wide: z.union([z.object({ a: z.number() }), z.looseObject({ b: z.number() })]).optional(),
  }),
};

const WORDS = [
  '',
  'a',
  'call-1',
  '+14155550100',
  'vapi',
  'Vapi',
  'completed',
  'x'.repeat(201),
  '\0',
  '\u0085',
  '\ud800',
  'https://a.example/b',
  '2026-11-21T06:00:00Z',
  '20',
  'ledger',
];
const NUMBERS = [0, -0, 1, -1, 0.5, 60, 7_500, 43_201, 86_401, 2 ** 31, 2 ** 53, 1e300, Number.NaN];
const OTHERS = [
  true,
  false,
  null,
  undefined,
  [],
  [1],
  [1, 2, 3],
  {},
  { a: null },
  { a: 1, b: 2 },
  { a: 1 },
  { ['__proto__']: 1 },
  { campaign: 'spring', n: 1, ok: true, none: null },
  { url: 'https://a.example' },
  new Date(0),
  { '': 1 },
];
const anything = fc.oneof(
  fc.constantFrom<unknown>(...WORDS, ...NUMBERS, ...OTHERS),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Objects of some of the schema's fields, now and then with others beside. */
function objectsOf(schema: z.ZodObject) {
  const names = fc.constantFrom(
    ...Object.keys(schema.shape),
    'strange',
    '__proto__',
    'constructor',
  );
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .array(fc.tuple(names, anything), { maxLength: 5 })
        .map((all) => Object.fromEntries(all)),
    },
    { weight: 1, arbitrary: anything },
  );
}

describe.each(Object.entries(SCHEMAS))('the quick check of %s', (_, schema) => {
  test('accepts nothing that zod refuses or changes', () => {
    const isGood = quickCheckOf(schema);
    fc.assert(
      fc.property(objectsOf(schema), (value) => {
        if (!isGood(value)) return;
        const parsed = schema.safeParse(value);
        expect(parsed.success).toBe(true);
        expect(parsed.data).toStrictEqual(value);
      }),
      { numRuns: 3_000 },
    );
  });
});

test.each([
  [
    'newCall',
    { call_id: 'c', destination: '+14155550100', metadata: { campaign: 'spring', n: 1 } },
  ],
  ['newCall', { call_id: 'c', provider: 'vapi', max_duration_seconds: 60 }],
  ['check', { elapsed_seconds: 60.5 }],
  ['check', {}],
  ['end', { duration_seconds: 61, outcome: 'completed' }],
  ['charge', { amount_micros: 7_500, reference: 'doc-1', overdraft: false }],
  ['charge', { service: 'sms_segment', quantity: 2 }],
  ['params', { call_id: 'c' }],
  ['query', {}],
] as const)('%s is accepted quickly: %o', (name, value) => {
  expect(quickCheckOf(SCHEMAS[name] as z.ZodObject)(value)).toBe(true);
});

test.each([
  ['charge', { amount_micros: 7_500, service: 'sms_segment', quantity: 1 }],
  ['charge', { quantity: 1 }],
  [
    'newCall',
    {
      call_id: 'c',
      metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, i])),
    },
  ],
  ['newCall', { call_id: '' }],
  ['newCall', { call_id: 'c', control: { url: 'https://a.example' } }],
  ['query', { more: 1 }],
  ['page', {}],
] as const)('%s is left to zod: %o', (name, value) => {
  expect(quickCheckOf(SCHEMAS[name] as z.ZodObject)(value)).toBe(false);
});
