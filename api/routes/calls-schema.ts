/** What the call routes take and answer. */
import { z } from '@hono/zod-openapi';
import { idSchema, instantSchema, label, metadataSchema } from '../schemas/common.ts';
import { microsSchema, nonNegativeMicrosSchema } from '../schemas/money.ts';

export const callIdSchema = label(200, 1).openapi({ example: 'call-42' });
const providerSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be a lower-case name such as vapi, retell or twilio')
  .openapi({ example: 'vapi' });
const providerCallIdSchema = label(256, 1);
const controlSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
    .max(256, 'must have at most 256 characters'),
});

const ELAPSED_SECONDS_MAX = 86_400;
const secondsSchema = z
  .number('must be a number of seconds')
  .min(0, 'must not be negative')
  .max(ELAPSED_SECONDS_MAX, `must be at most ${ELAPSED_SECONDS_MAX}`);

export const callParams = z.object({ call_id: callIdSchema });
/** Which organization's call is meant, where a key could mean several. */
export const callQuery = z.object({ organization_id: idSchema.optional() });

export const newCallSchema = z
  .strictObject({
    call_id: callIdSchema,
    organization_id: idSchema.optional().openapi({
      description: "Whose call it is; the key's own organization if absent.",
    }),
    wallet_id: idSchema.optional(),
    service: z
      .string()
      .regex(/^[a-z][a-z0-9_.:-]{0,63}$/, 'must be the name of a service')
      .optional(),
    provider: providerSchema.optional(),
    provider_call_id: providerCallIdSchema.optional(),
    control: controlSchema.optional(),
    destination: z
      .string()
      .regex(/^\+[1-9]\d{1,14}$/, 'must be an E.164 number such as +14155550100')
      .optional(),
    max_duration_seconds: z
      .int('must be an integer number of seconds')
      .min(1, 'must be at least 1')
      .max(43_200, 'must be at most 43200')
      .optional(),
    metadata: metadataSchema.optional(),
  })
  .openapi('NewCall');

export const linkSchema = z
  .strictObject({
    provider: providerSchema,
    provider_call_id: providerCallIdSchema,
    control: controlSchema.optional(),
  })
  .openapi('CallLink');

export const startSchema = z
  .strictObject({ started_at: instantSchema.optional() })
  .openapi('CallStart');

export const checkSchema = z
  .strictObject({ elapsed_seconds: secondsSchema.optional() })
  .openapi('CallCheck');

/** The form that the status-check webhooks take; a provider may send more fields beside. */
export const statusCheckSchema = z.object({
  call_id: providerCallIdSchema,
  organization_id: idSchema.optional(),
  elapsed_seconds: secondsSchema.optional(),
});

export const outcomeSchema = z.enum(
  ['completed', 'voicemail', 'no_answer', 'failed'],
  'must be completed, voicemail, no_answer or failed',
);

export const endSchema = z
  .strictObject({
    duration_seconds: secondsSchema,
    outcome: outcomeSchema.optional(),
    provider_cost_micros: nonNegativeMicrosSchema.optional(),
  })
  .openapi('CallEnd');

export const callStateSchema = z.enum(
  ['authorized', 'live', 'final', 'captured', 'voided', 'expired'],
  'must be authorized, live, final, captured, voided or expired',
);

export const callSchema = z
  .object({
    call_id: z.string(),
    organization_id: z.string(),
    hold_id: z.string(),
    provider: z.string().optional(),
    provider_call_id: z.string().optional(),
    provider_metadata: z.record(z.string(), z.unknown()),
    state: callStateSchema,
    cutoff: z.object({ at: z.string().optional(), state: z.string() }),
    granted_seconds: z.int(),
    authorized_until: z.string().nullable(),
    affordable_seconds: z.int().nullable(),
    provider_cap_seconds: z.int().nullable(),
    held_micros: microsSchema,
    captured_micros: microsSchema.optional(),
    shortfall_micros: microsSchema.optional(),
    duration_seconds: z.number().optional(),
    outcome: outcomeSchema.optional(),
    estimated: z.boolean(),
    created_at: z.string(),
    started_at: z.string().optional(),
    ended_at: z.string().optional(),
    legs: z.array(
      z.object({
        wallet_id: z.string(),
        role: z.string(),
        price: z.object({
          rate_micros_per_minute: microsSchema,
          increment: z.string(),
          connection_fee_micros: microsSchema,
          minimum_micros: microsSchema,
        }),
        held_micros: microsSchema,
        captured_micros: microsSchema.optional(),
        shortfall_micros: microsSchema.optional(),
      }),
    ),
  })
  .openapi('Call');

export const statusAnswerSchema = z
  .object({
    endCall: z.boolean(),
    reason: z.string().optional(),
    granted_seconds: z.int(),
    authorized_until: z.string().nullable(),
    final: z.boolean(),
    seconds_left: z.int().optional(),
    cost_so_far_micros: microsSchema,
    available_micros: microsSchema.nullable(),
    next_check_in_seconds: z.int(),
  })
  .openapi('StatusAnswer');

export const explanationSchema = z
  .object({
    call: callSchema.nullable(),
    timeline: z.array(
      z.object({
        at: z.string(),
        kind: z.string(),
        text: z.string(),
        details: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .openapi('CallExplanation');
