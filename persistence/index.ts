/** The door of persistence. Nothing else of this folder is imported from outside. */

export { type ConnectOptions, connect, requireDurability, type Sql } from './connect.ts';
export * from './directory/index.ts';
export type { BatchFigures, FlusherEvents, QuarantineNotice } from './flusher/events.ts';
export { type Flusher, type FlusherInput, startFlusher } from './flusher/loop.ts';
export type { FlusherSettings } from './flusher/settings.ts';
export { createLedgerSource } from './ledger-source.ts';
export { type CommittedPoint, createLedgerWait, type LedgerWait } from './ledger-wait.ts';
export { migrate } from './migrate.ts';
export { ensureLedgerPartitions, strayLedgerRows } from './partitions.ts';
export { isPostgresOutage } from './postgres-errors.ts';
export { createRecoverySource } from './recovery-source.ts';
