import {
  type Asking,
  createDialer,
  createDialLooks,
  type DialLooks,
  type DialOnce,
} from '../../kill-switch/index.ts';
import type { Core } from './core.ts';

function contextOf({ engine, directory, desk, clients, log }: Core) {
  return { engine, sessions: desk.sessions, dials: directory.dials, clients, log };
}

/** Places calls, each at most once. */
export function createDialing(core: Core): DialOnce {
  const { clients, desk } = core;
  const { isOutage } = desk;
  return createDialer({ ...contextOf(core), accountFor: clients.accountFor, isOutage });
}

/** Finishes what a dial left open. Starts nothing. */
export function createDialUpkeep(core: Core, asking: Asking): DialLooks {
  return createDialLooks({ ...contextOf(core), asking });
}
