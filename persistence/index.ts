/** The door of persistence. Nothing else of this folder is imported from outside. */

export { type ConnectOptions, connect, type Sql, type Transaction } from './connect.ts';
export {
  checkDigests,
  type Digest,
  type DigestDifference,
  daysToDigest,
  type Published,
  writeDigest,
} from './digest.ts';
export * from './directory/index.ts';
export type { TakenEntry } from './flusher/batch.ts';
export type { BatchFigures, FlusherEvents, QuarantineNotice } from './flusher/events.ts';
export type { BatchFollower, FollowedBatch, Followers } from './flusher/followers.ts';
export { type Flusher, type FlusherInput, startFlusher } from './flusher/loop.ts';
export type { FlusherSettings } from './flusher/settings.ts';
export {
  committedCursors,
  freeConnections,
  inboxView,
  liveFlushers,
  type MigrationView,
  migrationView,
  missingLedgerMonths,
  postgresTime,
  type QuarantineView,
  quarantineView,
  storedPartitions,
  unleasedPartitions,
} from './inspect.ts';
export { type LedgerHead, readLedgerHead } from './ledger-head.ts';
export { createLedgerSource } from './ledger-source.ts';
export { type AwaitedMutation, createLedgerWait, type LedgerWait } from './ledger-wait.ts';
export { type LiveCalls, sampleLiveCalls } from './live-calls.ts';
export { migrate } from './migrate.ts';
export * from './notifications/index.ts';
export { type Decision, type OperatorAction, recordAction } from './operator-actions.ts';
export { ensureLedgerPartitions, strayLedgerRows } from './partitions.ts';
export { isPostgresOutage } from './postgres-errors.ts';
export { type ProviderUse, providerUse } from './provider-use.ts';
export {
  acknowledgeRecord,
  listQuarantine,
  type ReleaseAnswer,
  type ReleaseOptions,
  releaseWallet,
  type WaitingEntry,
} from './quarantine.ts';
export {
  type LedgerImage,
  type QuarantineList,
  readLedgerImage,
  readQuarantine,
  readWaiting,
  type WaitingView,
} from './quarantine-view.ts';
export {
  type QuarantineWatch,
  type QuarantineWatchInput,
  startQuarantineWatch,
} from './quarantine-watch.ts';
export {
  type PartitionImage,
  type QuarantinedImage,
  readOpenHoldIds,
  readPartitionImages,
  readPlaces,
  readQuarantined,
  readStrangers,
  readUnflushed,
  type Unflushed,
} from './rebuild-view.ts';
export { createRecoverySource } from './recovery-source.ts';
export {
  HOT_RECORDS_MS,
  JOURNAL_RETENTION_MS,
  type RetentionInput,
  startRetention,
} from './retention.ts';
export { type PostgresSettings, postgresFaults, readPostgresSettings } from './safety.ts';
export type { AutoRechargeStatus, RechargeCap } from './schema/auto-recharges.ts';
export type { DeliveryState, NotificationChannel } from './schema/notifications.ts';
export type { TopUpOrigin, TopUpState } from './schema/payments.ts';
export { comparePartition } from './verify/compare-partition.ts';
export type { Difference } from './verify/difference.ts';
export type { VerifyInput, VerifyProgress } from './verify/input.ts';
export { verify } from './verify/verify.ts';
