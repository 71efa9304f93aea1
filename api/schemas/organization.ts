import { z } from '@hono/zod-openapi';
import { callPolicyProblem, type SparseCallPolicy } from '../../kill-switch/index.ts';
import type { Organization } from '../../persistence/index.ts';
import { idSchema, metadataSchema, nameSchema } from './common.ts';

const callPolicySchema = z
  .custom<SparseCallPolicy>()
  .superRefine((value, context) => {
    const problem = callPolicyProblem(value);
    if (problem === undefined) return;
    const path = problem.field === '' ? [] : [problem.field];
    context.addIssue({ code: 'custom', path, message: problem.message.replace(/^\S+ /, '') });
  })
  .openapi({
    type: 'object',
    description: 'Only the fields this organization sets itself; the rest is inherited.',
    example: { minimum_seconds: 60, max_duration_seconds: 3600 },
  });

export const newOrganizationSchema = z
  .strictObject({
    name: nameSchema,
    parent_id: idSchema.optional(),
    billing_enabled: z.boolean('must be true or false').optional(),
    call_policy: callPolicySchema.optional(),
    metadata: metadataSchema.optional(),
  })
  .openapi('NewOrganization');

export const organizationChangesSchema = z
  .strictObject({
    name: nameSchema.optional(),
    parent_id: idSchema.nullable().optional(),
    billing_enabled: z.boolean('must be true or false').optional(),
    call_policy: callPolicySchema.optional(),
    metadata: metadataSchema.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
  .openapi('OrganizationChanges');

export const organizationSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    parent_id: z.string().nullable(),
    billing_enabled: z.boolean(),
    call_policy: z.record(z.string(), z.unknown()),
    metadata: z.record(z.string(), z.unknown()),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('Organization');

export function organizationBody(organization: Organization) {
  return {
    id: organization.id,
    name: organization.name,
    parent_id: organization.parentId,
    billing_enabled: organization.billingEnabled,
    call_policy: organization.callPolicy,
    metadata: organization.metadata,
    created_at: organization.createdAt.toISOString(),
    updated_at: organization.updatedAt.toISOString(),
  };
}
