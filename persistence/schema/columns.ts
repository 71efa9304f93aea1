/** Column types that Drizzle does not ship the way the ledger needs them. */
import { bigint, customType, timestamp } from 'drizzle-orm/pg-core';

/** Raw bytes: packed states, hashes, journal payloads. */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({
  dataType: () => 'bytea',
});

/** Integer millionths of a currency unit; |x| <= 2^53-1 by a CHECK on every such column. */
export const micros = (name: string) => bigint(name, { mode: 'number' });

/** A counter such as a sequence, a revision or an epoch: 0 <= x <= 2^53-1. */
export const counter = (name: string) => bigint(name, { mode: 'number' });

/** A point in time, always with its zone. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
