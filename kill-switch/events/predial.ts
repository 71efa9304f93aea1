/**
 * The gate of a Vapi campaign: may this contact be called? Nothing is held for it, because the call
 * comes later, if at all, and is authorized then. Vapi places no call without a clear yes, and
 * neither do we give one without having looked.
 */
import type { PredialEvent } from '../providers/event.ts';
import type { GateContext } from './gate.ts';

/** Vapi's own limit is 7.5 s end to end. */
const PREDIAL_PATIENCE_MS = 5_000;
const TRY_AGAIN_MS = 200;

export interface PredialAnswer {
  readonly eligible: boolean;
  /** Why not, in one word. */
  readonly code: string;
}

/** Never throws for an outage: what cannot be looked up in time is not eligible. */
export async function decidePredial(
  context: Omit<GateContext, 'directory'>,
  event: PredialEvent,
): Promise<PredialAnswer> {
  const patience = AbortSignal.timeout(context.patienceMs ?? PREDIAL_PATIENCE_MS);
  const late = new Promise<PredialAnswer>((resolve) => {
    patience.addEventListener('abort', () => resolve(no('recovering')), { once: true });
  });
  return await Promise.race([untilDecided(context, event, patience), late]);
}

async function untilDecided(
  context: Omit<GateContext, 'directory'>,
  event: PredialEvent,
  patience: AbortSignal,
): Promise<PredialAnswer> {
  while (!patience.aborted) {
    try {
      return await decide(context, event);
    } catch (error) {
      if (!context.isOutage(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
  return no('recovering');
}

async function decide(
  { sessions }: Omit<GateContext, 'directory'>,
  event: PredialEvent,
): Promise<PredialAnswer> {
  const found = await sessions.findCall(event);
  if (found.status === 'unknown') return no('organization_not_found');
  const organizationId =
    found.status === 'found' ? found.call.organizationId : found.organizationId;
  const walletId = found.binding?.walletId ?? undefined;
  const answer = await sessions.affords({ organizationId, provider: event.provider, walletId });
  return answer.status === 'affordable' ? { eligible: true, code: '' } : no(answer.code);
}

function no(code: string): PredialAnswer {
  return { eligible: false, code };
}
