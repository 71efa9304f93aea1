// The engine's door. Nothing else of this folder is imported from outside.

export { availableOf, floorOf, isFrozen, spendableOf } from './amounts.ts';
export { type AuthorizeInput, type AuthorizeLeg, NO_POLICY } from './authorize.ts';
export type { CheckInput, RecordInput, StartInput } from './call-verbs.ts';
export type { ClockEvent } from './clock/timekeeper.ts';
export type { ClockStatus } from './clock/timekeepers.ts';
export { createConnection } from './connection.ts';
export type { Done } from './context.ts';
export type { DueMembers } from './enforcement.ts';
export { createEngine, type Engine, type EngineOptions } from './engine.ts';
export {
  BugError,
  ERRORS,
  type ErrorCode,
  type ErrorFamily,
  type ErrorSpec,
  OutageError,
  RequestError,
} from './errors.ts';
export type { GateEvent } from './gate/gate.ts';
export type { PartitionRecovery, ShutPartition, WhileShut } from './gate/recover-partition.ts';
export * from './generated/layouts.ts';
export type { BacklogGauge, GuardLimits } from './guard.ts';
export {
  type EndInput,
  EVIDENCE,
  type Evidence,
  type ExtendInput,
  type VoidInput,
} from './hold-verbs.ts';
export {
  callHoldId,
  derivedId,
  entryId,
  type IdPrefix,
  newId,
  newMutationId,
  partitionOf,
  requestHoldId,
} from './ids.ts';
export {
  createInspector,
  type GateView,
  type Inspector,
  type JournalView,
  type NodeInspector,
} from './inspect.ts';
export type { HeldKeys } from './inspect-held.ts';
export type { Journal, JournalBatch, JournalPosition } from './journal.ts';
export { keys } from './keys.ts';
export type { CommittedEntry, CommittedRequest, LedgerSource } from './ledger-source.ts';
export { createMaintenance, type Maintenance, type MaintenanceOptions } from './maintenance.ts';
export type { Memo } from './memo.ts';
export { MICROS_MAX, type Micros, micros } from './micros.ts';
export type {
  ChargeInput,
  ConfigureInput,
  CreditInput,
  CreditKind,
  TransferInput,
} from './money-verbs.ts';
export { slotOf } from './nodes/slot.ts';
export type { HoldRef } from './on-hold.ts';
export { billedMs, coveredMs, FREE, isFree, type Price, priceOf } from './price.ts';
export type {
  JournalItem,
  LedgerHold,
  LedgerWallet,
  Overruled,
  RecoverySource,
  WalletAt,
} from './recovery-source.ts';
export type { RequestKey } from './request-key.ts';
export type { OnScript } from './runner.ts';
export { infoFields, redisFaults, type StoreFault } from './safety.ts';
