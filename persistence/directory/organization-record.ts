/** What the directory stores about one organization, and what a caller may set. */
import { objectCell } from './cells.ts';

export interface Organization {
  id: string;
  parentId: string | null;
  /** The topmost ancestor; its own id for a root. */
  rootId: string;
  name: string;
  /** False: everything passes, nothing is charged, usage is still recorded. */
  billingEnabled: boolean;
  /** Sparse, as given: absent fields come from the ancestors, then from the defaults. */
  callPolicy: Record<string, unknown>;
  metadata: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewOrganization {
  name: string;
  parentId?: string | undefined;
  billingEnabled?: boolean | undefined;
  callPolicy?: Record<string, unknown> | undefined;
  metadata?: Record<string, unknown> | undefined;
}

/** Absent fields stay as they are; the two objects are replaced as a whole. */
export interface OrganizationChanges {
  name?: string | undefined;
  parentId?: string | null | undefined;
  billingEnabled?: boolean | undefined;
  callPolicy?: Record<string, unknown> | undefined;
  metadata?: Record<string, unknown> | undefined;
}

export interface OrganizationRow {
  id: string;
  parent_id: string | null;
  root_id: string;
  name: string;
  billing_enabled: boolean;
  call_policy: unknown;
  metadata: unknown;
  created_at: Date;
  updated_at: Date;
}

export function organizationFromRow(row: OrganizationRow): Organization {
  return {
    id: row.id,
    parentId: row.parent_id,
    rootId: row.root_id,
    name: row.name,
    billingEnabled: row.billing_enabled,
    callPolicy: objectCell(row.call_policy),
    metadata: objectCell(row.metadata),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
