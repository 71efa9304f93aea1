import { derivedId } from '../engine/index.ts';
import type { NewEvent } from '../persistence/index.ts';
import type { EventType } from './catalogue.ts';

type Told = Omit<NewEvent, 'id' | 'type' | 'data'> & { data: Record<string, unknown> };

/**
 * An event as the outbox takes it. Fields that are undefined are left out of its data.
 * @param from what it was made from: the same event has the same id, however often it is made
 */
export function event(type: EventType, from: readonly string[], told: Told): NewEvent {
  const data = Object.entries(told.data).filter(([, value]) => value !== undefined);
  return { ...told, id: derivedId('evt', type, ...from), type, data: Object.fromEntries(data) };
}
