/** What a dial takes: each provider is told in its own words who calls and who talks. */
import { z } from '@hono/zod-openapi';
import { idSchema, label, metadataSchema } from '../schemas/common.ts';
import { callSchema } from './calls-schema.ts';

const numberSchema = z
  .string()
  .regex(/^\+[1-9]\d{1,14}$/, 'must be an E.164 number such as +14155550100')
  .openapi({ example: '+14155550100' });
/** A provider's own id of one of its objects. */
const objectIdSchema = label(128, 1);
const VARIABLES_MAX = 50;

const shared = {
  organization_id: idSchema.optional().openapi({
    description: "Whose call it is; the key's own organization if absent.",
  }),
  to: numberSchema,
  wallet_id: idSchema.optional(),
  service: z
    .string()
    .regex(/^[a-z][a-z0-9_.:-]{0,63}$/, 'must be the name of a service')
    .optional(),
  max_duration_seconds: z
    .int('must be an integer number of seconds')
    .min(1, 'must be at least 1')
    .max(43_200, 'must be at most 43200')
    .optional(),
  metadata: metadataSchema.optional().openapi({
    description: 'Kept with the call; the provider gets the ids of Ringfence alone.',
  }),
};

const variablesSchema = z
  .record(label(64, 1), label(1000))
  .refine(
    (value) => Object.keys(value).length <= VARIABLES_MAX,
    `must have at most ${VARIABLES_MAX} fields`,
  )
  .optional()
  .openapi({ description: "Variables of the agent's script." });

const vapiDial = z.strictObject({
  provider: z.literal('vapi'),
  phone_number_id: objectIdSchema.openapi({ description: 'Who calls.' }),
  assistant_id: objectIdSchema.openapi({ description: 'Who talks.' }),
  variables: variablesSchema,
  ...shared,
});

const retellDial = z.strictObject({
  provider: z.literal('retell'),
  from: numberSchema,
  agent_id: objectIdSchema.optional().openapi({
    description: 'Who talks; the agent of the number if absent.',
  }),
  variables: variablesSchema,
  ...shared,
});

const twilioDial = z.strictObject({
  provider: z.literal('twilio'),
  from: numberSchema,
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
    .max(2048, 'must have at most 2048 characters')
    .openapi({ description: 'Where Twilio gets the TwiML of the call.' }),
  ...shared,
});

export const dialSchema = z
  .discriminatedUnion('provider', [vapiDial, retellDial, twilioDial], {
    error: 'must be vapi, retell or twilio',
  })
  .openapi('Dial');

export type DialBody = z.output<typeof dialSchema>;

/** Who calls, who talks and with which variables, whatever the provider calls them. */
export function orderOf(body: DialBody) {
  const { to } = body;
  switch (body.provider) {
    case 'vapi': {
      const { phone_number_id: from, assistant_id: agent, variables } = body;
      return { to, from, agent, variables };
    }
    case 'retell':
      return { to, from: body.from, agent: body.agent_id, variables: body.variables };
    case 'twilio':
      return { to, from: body.from, agent: body.url };
  }
}

export const dialledCallSchema = callSchema
  .extend({
    dial: z.object({
      state: z.enum(['dialing', 'created', 'unknown']).openapi({
        description:
          '`created`: placed and linked. `dialing`: another process asks the provider just now. ' +
          '`unknown`: the provider did not answer; the hold stays until the call is found, or ' +
          'certainly does not exist. It is never placed again.',
      }),
    }),
  })
  .openapi('DialledCall');
