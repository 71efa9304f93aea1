import { z } from '@hono/zod-openapi';
import type { HoldState, JournalEntry } from '../../engine/index.ts';
import { replayHeaders } from '../http/refusal.ts';
import { idSchema } from './common.ts';
import { microsSchema } from './money.ts';

export const holdParams = z.object({ hold_id: idSchema });

export const holdSchema = z
  .object({
    id: z.string(),
    wallet_id: z.string(),
    organization_id: z.string(),
    kind: z.enum(['amount', 'call']),
    call_id: z.string().optional(),
    state: z.enum(['authorized', 'live', 'final', 'captured', 'voided', 'expired']),
    held_micros: microsSchema,
    captured_micros: microsSchema.optional(),
    shortfall_micros: microsSchema.optional(),
    reference: z.string().optional(),
    created_at: z.string(),
    expires_at: z.string().optional(),
    closed_at: z.string().optional(),
    legs: z.array(
      z.object({
        wallet_id: z.string(),
        role: z.string(),
        held_micros: microsSchema,
        captured_micros: microsSchema.optional(),
        shortfall_micros: microsSchema.optional(),
      }),
    ),
  })
  .openapi('Hold');

/** A hold as its state says; the first leg is the one that was asked for. */
export function holdBody(id: string, hold: HoldState, reference?: unknown) {
  const [first] = hold.legs;
  if (first === undefined) throw new Error(`${id} has no leg`);
  const closed = hold.closedAtMs > 0;
  const figures = (leg: HoldState['legs'][number]) => ({
    held_micros: leg.heldMicros,
    ...(closed && { captured_micros: leg.capturedMicros }),
    ...(leg.shortfallMicros > 0 && { shortfall_micros: leg.shortfallMicros }),
  });
  return {
    id,
    wallet_id: first.walletId,
    organization_id: hold.organizationId,
    kind: hold.kind,
    ...(hold.callId !== '' && { call_id: hold.callId }),
    state: hold.state === 'live' && hold.finalReason !== '' ? 'final' : hold.state,
    ...figures(first),
    ...(typeof reference === 'string' && { reference }),
    created_at: isoOf(hold.createdAtMs),
    ...(hold.expiresAtMs > 0 && { expires_at: isoOf(hold.expiresAtMs) }),
    ...(closed && { closed_at: isoOf(hold.closedAtMs) }),
    legs: hold.legs.map((leg) => ({ wallet_id: leg.walletId, role: leg.role, ...figures(leg) })),
  };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** The hold as the mutation left it, from the journal entry alone. */
export function holdAnswer(status: number, done: { entry: JournalEntry; replayed: boolean }) {
  const { entry } = done;
  if (entry.hold === null) throw new Error(`mutation ${entry.mutationId} carries no hold`);
  const memo: Record<string, unknown> = JSON.parse(entry.memo);
  return {
    status,
    body: holdBody(entry.holdId, entry.hold, memo.reference),
    headers: replayHeaders(done.replayed),
  };
}
