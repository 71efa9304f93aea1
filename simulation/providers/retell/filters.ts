import { z } from 'zod';

const string = z.strictObject({
  type: z.literal('string'),
  op: z.enum(['eq', 'ne', 'sw', 'ew', 'co']),
  value: z.string(),
});
const enumeration = z.strictObject({
  type: z.literal('enum'),
  op: z.literal('in'),
  value: z.array(z.string()).max(64),
});
const number = z.strictObject({
  type: z.literal('number'),
  op: z.enum(['eq', 'ne', 'gt', 'ge', 'lt', 'le']),
  value: z.number(),
});
const range = z.strictObject({
  type: z.literal('range'),
  op: z.literal('bt'),
  value: z.tuple([z.number(), z.number()]),
});
const ofNumber = z.union([number, range]);
const ofString = z.union([string, enumeration]);
const ofStatus = z.strictObject({
  ...enumeration.shape,
  // `registered` cannot be asked for.
  value: z.array(z.enum(['not_connected', 'ongoing', 'ended', 'error'])),
});
const metadata = z.strictObject({ ...string.shape, key: z.string() });

/** The filters that matter for reconciling; others are refused rather than ignored. */
export const filterCriteriaSchema = z.strictObject({
  agent: z
    .array(z.strictObject({ agent_id: z.string(), version: z.array(z.number()).optional() }))
    .max(64)
    .optional(),
  call_id: ofString.optional(),
  call_status: ofStatus.optional(),
  call_type: enumeration.optional(),
  direction: enumeration.optional(),
  disconnection_reason: enumeration.optional(),
  from_number: ofString.optional(),
  to_number: ofString.optional(),
  start_timestamp: ofNumber.optional(),
  end_timestamp: ofNumber.optional(),
  duration_ms: ofNumber.optional(),
  metadata: z.array(metadata).max(16).optional(),
});

export type FilterCriteria = z.infer<typeof filterCriteriaSchema>;
type Filter = z.infer<typeof ofString> | z.infer<typeof ofNumber>;

/** Whether a call object passes all criteria. A field it does not have passes none. */
export function passes(call: Readonly<Record<string, unknown>>, criteria: FilterCriteria): boolean {
  const { agent, metadata: pairs, ...fields } = criteria;
  if (agent && !agent.some((wanted) => isAgent(call, wanted))) return false;
  const held = call.metadata as Readonly<Record<string, unknown>> | undefined;
  if (pairs && !pairs.every(({ key, ...filter }) => holds(filter, held?.[key]))) return false;
  return Object.entries(fields).every(
    ([field, filter]) => filter === undefined || holds(filter, call[field]),
  );
}

function isAgent(
  call: Readonly<Record<string, unknown>>,
  wanted: NonNullable<FilterCriteria['agent']>[number],
): boolean {
  const versions = wanted.version;
  if (call.agent_id !== wanted.agent_id) return false;
  return versions === undefined || versions.includes(Number(call.agent_version));
}

function holds(filter: Filter, value: unknown): boolean {
  if (filter.type === 'enum') return typeof value === 'string' && filter.value.includes(value);
  if (filter.type === 'string') return typeof value === 'string' && compareText(filter, value);
  if (typeof value !== 'number') return false;
  if (filter.type === 'range') return value >= filter.value[0] && value <= filter.value[1];
  return compareNumber(filter, value);
}

function compareText({ op, value: wanted }: z.infer<typeof string>, value: string): boolean {
  switch (op) {
    case 'eq':
      return value === wanted;
    case 'ne':
      return value !== wanted;
    case 'sw':
      return value.startsWith(wanted);
    case 'ew':
      return value.endsWith(wanted);
    case 'co':
      return value.includes(wanted);
  }
}

function compareNumber({ op, value: wanted }: z.infer<typeof number>, value: number): boolean {
  switch (op) {
    case 'eq':
      return value === wanted;
    case 'ne':
      return value !== wanted;
    case 'gt':
      return value > wanted;
    case 'ge':
      return value >= wanted;
    case 'lt':
      return value < wanted;
    case 'le':
      return value <= wanted;
  }
}
