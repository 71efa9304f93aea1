import { derivedId } from '../engine/index.ts';
import type { NewEvent } from '../persistence/index.ts';
import type { EventType } from './catalogue.ts';

type Told = Omit<NewEvent, 'id' | 'type' | 'data'> & { data: Record<string, unknown> };

/**
 * An event as the outbox takes it. Fields that are undefined are not in its data once that is JSON; they
 * are not taken out before, because an endpoint may want one of these for every movement of money.
 * @param from what it was made from: the same event has the same id, however often it is made
 */
export function event(type: EventType, from: readonly string[], told: Told): NewEvent {
  return { ...told, id: derivedId('evt', type, ...from), type };
}
