import type { AppliableEvent } from '../../kill-switch/index.ts';

const TYPES = new Set(['started', 'alive', 'ended', 'report', 'ignored']);

/**
 * An event as the inbox gives it back. It was made by our own parser and stored whole, so its shape
 * is trusted once its type is one of ours; JSON has only dropped the fields that were undefined.
 * Undefined for an event of a newer release, which that release's own processes will apply.
 */
export function readStoredEvent(stored: Record<string, unknown>): AppliableEvent | undefined {
  const { type } = stored;
  if (typeof type !== 'string' || !TYPES.has(type)) return undefined;
  return stored as unknown as AppliableEvent;
}
