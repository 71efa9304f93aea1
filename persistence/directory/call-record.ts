/** What the directory stores about one call: everything the engine does not need to know. */
import { objectCell } from './cells.ts';

export type CutoffState = 'none' | 'pending' | 'confirmed' | 'failed';

export interface CallRecord {
  organizationId: string;
  /** The caller's own id, unique per organization. */
  callId: string;
  holdId: string;
  service: string;
  provider: string | null;
  providerCallId: string | null;
  /** E.164. */
  destination: string | null;
  metadata: Record<string, unknown>;
  maxDurationSeconds: number | null;
  cutoffState: CutoffState;
  createdAt: Date;
}

export interface NewCallRecord {
  organizationId: string;
  callId: string;
  holdId: string;
  service: string;
  provider?: string | undefined;
  providerCallId?: string | undefined;
  destination?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  maxDurationSeconds?: number | undefined;
}

/** How far the cutoff of one call has come. */
export interface CutoffMove {
  organizationId: string;
  callId: string;
  state: CutoffState;
}

export interface CallRow {
  organization_id: string;
  call_id: string;
  hold_id: string;
  service: string;
  provider: string | null;
  provider_call_id: string | null;
  destination: string | null;
  metadata: unknown;
  max_duration_seconds: number | null;
  cutoff_state: CutoffState;
  created_at: Date;
}

export function callFromRow(row: CallRow): CallRecord {
  return {
    organizationId: row.organization_id,
    callId: row.call_id,
    holdId: row.hold_id,
    service: row.service,
    provider: row.provider,
    providerCallId: row.provider_call_id,
    destination: row.destination,
    metadata: objectCell(row.metadata),
    maxDurationSeconds: row.max_duration_seconds,
    cutoffState: row.cutoff_state,
    createdAt: row.created_at,
  };
}
