/** What the rest of persistence and, through its door, the other folders use of the directory. */
export type { ApiKey, ApiKeyRole, MadeApiKey, NewApiKey } from './api-keys.ts';
export type {
  AutoRecharge,
  AutoRechargeTerms,
  RechargeAttempt,
  RechargeChange,
  RechargeUsage,
  SavedCard,
} from './auto-recharge-record.ts';
export { type Crossing, noteCrossings, type WaitingRecharges } from './auto-recharges.ts';
export type { CallEvent, CallStep, NewCallEvent } from './call-events.ts';
export type { CallLink, LinkAnswer, NewCallLink } from './call-links.ts';
export type { CallListRequest, CallState, ListedCall } from './call-list.ts';
export type { CallRecord, CutoffState, NewCallRecord } from './call-record.ts';
export type { Write } from './change-feed.ts';
export type { Dial, DialDecision, DialKey, NewDial } from './dials.ts';
export { createDirectory, type Directory, type DirectoryOptions } from './directory.ts';
export type { EntryFilter } from './entries.ts';
export { entriesCsv } from './entries-csv.ts';
export { flusherGoesRound } from './flusher-members.ts';
export type { InboxEvent, NewInboxEvent } from './inbox.ts';
export { ENTRY_KINDS, type EntryKind, type LedgerEntry } from './ledger-entry.ts';
export type { NewOrganization, Organization, OrganizationChanges } from './organization-record.ts';
export type { CreateOrganizationAnswer, PatchOrganizationAnswer } from './organizations.ts';
export type { NewTopUpPackage, TopUpPackage } from './packages.ts';
export type { Page, PageRequest } from './page.ts';
export { movementKey } from './payment-ledger.ts';
export type {
  Movement,
  Payment,
  PaymentDecision,
  PaymentDispute,
  PaymentFile,
  WaitingPayments,
} from './payment-record.ts';
export { callPrice, type PriceBook, type ServicePrice } from './price-record.ts';
export type {
  BindAnswer,
  BindingKind,
  NewProviderBinding,
  ProviderBinding,
} from './provider-bindings.ts';
export type {
  NewSealedCredentials,
  ProviderCredentials,
  SealedCredentials,
} from './provider-credentials.ts';
export type { CapSpans, ClaimDecision, NewAttempt, RechargeUsages } from './recharge-attempts.ts';
export type { ReconcileAccount, ReconcileOrder } from './reconcile-marks.ts';
export type { AnsweredOnce, AnswerRequest } from './request-answers.ts';
export { ensureInstallation, ensurePartitions, PartitionCountError } from './settings.ts';
export type { NewTopUp, TellOfTopUp, TopUp, TopUpRequest } from './top-ups.ts';
export type { ListedTransfer, TransferListRequest } from './transfer-list.ts';
export type { NewTransfer, Transfer, TransferState } from './transfers.ts';
export { initialWalletState, type WalletLimits } from './wallet-limits.ts';
export type { NewWallet, Wallet } from './wallets.ts';
