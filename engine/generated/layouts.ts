// Generated from engine/lua by `npm run generate`. Do not edit.

import {
  decodeMsgpack,
  encodeMsgpack,
  fieldsOf,
  flagAt,
  integerAt,
  integersAt,
  laterAt,
  listAt,
  textAt,
} from '../msgpack.ts';

export interface HoldPolicy {
  /** what the wallet must be able to pay before a call starts */
  readonly minimumMs: number;
  /** how far the hold is kept ahead of the clock */
  readonly quantumMs: number;
  /** how long before the cutoff the warning comes */
  readonly warnMs: number;
  /** how long before the paid time ends the call is cut off */
  readonly leadMs: number;
  /** how long a call may ring */
  readonly ringMs: number;
  /** how long a call lives without a sign of life */
  readonly heartbeatMs: number;
  /** how long before the cutoff its last words begin, 0 = none */
  readonly endMessageMs: number;
}

export function holdPolicyOf(value: unknown): HoldPolicy {
  const fields = fieldsOf('HoldPolicy', value, 7);
  return {
    minimumMs: integerAt(fields, 0, 'HoldPolicy.minimumMs'),
    quantumMs: integerAt(fields, 1, 'HoldPolicy.quantumMs'),
    warnMs: integerAt(fields, 2, 'HoldPolicy.warnMs'),
    leadMs: integerAt(fields, 3, 'HoldPolicy.leadMs'),
    ringMs: integerAt(fields, 4, 'HoldPolicy.ringMs'),
    heartbeatMs: integerAt(fields, 5, 'HoldPolicy.heartbeatMs'),
    endMessageMs: integerAt(fields, 6, 'HoldPolicy.endMessageMs'),
  };
}

export function holdPolicyFields(value: HoldPolicy): unknown[] {
  return [
    value.minimumMs,
    value.quantumMs,
    value.warnMs,
    value.leadMs,
    value.ringMs,
    value.heartbeatMs,
    value.endMessageMs,
  ];
}

export function unpackHoldPolicy(packed: Uint8Array | undefined): HoldPolicy {
  return holdPolicyOf(decodeMsgpack('HoldPolicy', packed));
}

export function packHoldPolicy(value: HoldPolicy): Buffer {
  return encodeMsgpack(holdPolicyFields(value));
}

export interface Leg {
  /** the wallet that pays */
  readonly walletId: string;
  /** client, agency, ... */
  readonly role: string;
  /** set aside now (0 once closed) */
  readonly heldMicros: number;
  /** the price of what was used, once the hold has ended */
  readonly capturedMicros: number;
  /** how much of it went under the wallet's floor */
  readonly shortfallMicros: number;
  /** the pinned price */
  readonly rateMicrosPerMinute: number;
  /** first increment, 0 = exact */
  readonly initialMs: number;
  /** later increments, 0 = exact */
  readonly subsequentMs: number;
  /** once per answered call */
  readonly connectionFeeMicros: number;
  /** least price of an answered call */
  readonly minimumMicros: number;
  /** what refunds have given back of it */
  readonly refundedMicros: number;
}

export function legOf(value: unknown): Leg {
  const fields = fieldsOf('Leg', value, 11);
  return {
    walletId: textAt(fields, 0, 'Leg.walletId'),
    role: textAt(fields, 1, 'Leg.role'),
    heldMicros: integerAt(fields, 2, 'Leg.heldMicros'),
    capturedMicros: integerAt(fields, 3, 'Leg.capturedMicros'),
    shortfallMicros: integerAt(fields, 4, 'Leg.shortfallMicros'),
    rateMicrosPerMinute: integerAt(fields, 5, 'Leg.rateMicrosPerMinute'),
    initialMs: integerAt(fields, 6, 'Leg.initialMs'),
    subsequentMs: integerAt(fields, 7, 'Leg.subsequentMs'),
    connectionFeeMicros: integerAt(fields, 8, 'Leg.connectionFeeMicros'),
    minimumMicros: integerAt(fields, 9, 'Leg.minimumMicros'),
    refundedMicros: integerAt(fields, 10, 'Leg.refundedMicros'),
  };
}

export function legFields(value: Leg): unknown[] {
  return [
    value.walletId,
    value.role,
    value.heldMicros,
    value.capturedMicros,
    value.shortfallMicros,
    value.rateMicrosPerMinute,
    value.initialMs,
    value.subsequentMs,
    value.connectionFeeMicros,
    value.minimumMicros,
    value.refundedMicros,
  ];
}

export function unpackLeg(packed: Uint8Array | undefined): Leg {
  return legOf(decodeMsgpack('Leg', packed));
}

export function packLeg(value: Leg): Buffer {
  return encodeMsgpack(legFields(value));
}

export interface HoldState {
  /** authorized, live, captured, voided or expired */
  readonly state: string;
  /** journalled changes of this hold so far */
  readonly revision: number;
  /** whose hold it is */
  readonly organizationId: string;
  /** call or amount */
  readonly kind: string;
  /** the caller's own id, empty for an amount hold */
  readonly callId: string;
  /** when it was authorized */
  readonly createdAtMs: number;
  /** when the call was answered, 0 = not yet */
  readonly startedAtMs: number;
  /** the talk time that the money held pays for */
  readonly coveredMs: number;
  /** why covered time stopped growing, empty while it grows */
  readonly finalReason: string;
  /** when the call must end, 0 = not decided */
  readonly cutoffAtMs: number;
  /** end of an amount hold's time to live, 0 = none */
  readonly expiresAtMs: number;
  /** last proof of life */
  readonly lastSeenAtMs: number;
  /** longest talk time allowed */
  readonly maxDurationMs: number;
  /** pinned at authorize */
  readonly policy: HoldPolicy;
  /** a provider can be asked whether the call lives */
  readonly hasProvider: boolean;
  /** its start or end was inferred, not reported */
  readonly estimated: boolean;
  /** 0 none, 1 clock, 2 caller, 3 own account, 4 agency's account, 5 provider webhook, 6 provider record */
  readonly evidence: number;
  /** talk time charged */
  readonly usedMs: number;
  /** when it ended, 0 = open */
  readonly closedAtMs: number;
  /** completed, voicemail, no_answer, failed or empty */
  readonly outcome: string;
  /** the wallets that pay, the client first */
  readonly legs: readonly Leg[];
}

export function holdStateOf(value: unknown): HoldState {
  const fields = fieldsOf('HoldState', value, 21);
  return {
    state: textAt(fields, 0, 'HoldState.state'),
    revision: integerAt(fields, 1, 'HoldState.revision'),
    organizationId: textAt(fields, 2, 'HoldState.organizationId'),
    kind: textAt(fields, 3, 'HoldState.kind'),
    callId: textAt(fields, 4, 'HoldState.callId'),
    createdAtMs: integerAt(fields, 5, 'HoldState.createdAtMs'),
    startedAtMs: integerAt(fields, 6, 'HoldState.startedAtMs'),
    coveredMs: integerAt(fields, 7, 'HoldState.coveredMs'),
    finalReason: textAt(fields, 8, 'HoldState.finalReason'),
    cutoffAtMs: integerAt(fields, 9, 'HoldState.cutoffAtMs'),
    expiresAtMs: integerAt(fields, 10, 'HoldState.expiresAtMs'),
    lastSeenAtMs: integerAt(fields, 11, 'HoldState.lastSeenAtMs'),
    maxDurationMs: integerAt(fields, 12, 'HoldState.maxDurationMs'),
    policy: holdPolicyOf(fields[13]),
    hasProvider: flagAt(fields, 14, 'HoldState.hasProvider'),
    estimated: flagAt(fields, 15, 'HoldState.estimated'),
    evidence: integerAt(fields, 16, 'HoldState.evidence'),
    usedMs: integerAt(fields, 17, 'HoldState.usedMs'),
    closedAtMs: integerAt(fields, 18, 'HoldState.closedAtMs'),
    outcome: textAt(fields, 19, 'HoldState.outcome'),
    legs: listAt(fields, 20, 'HoldState.legs').map(legOf),
  };
}

export function holdStateFields(value: HoldState): unknown[] {
  return [
    value.state,
    value.revision,
    value.organizationId,
    value.kind,
    value.callId,
    value.createdAtMs,
    value.startedAtMs,
    value.coveredMs,
    value.finalReason,
    value.cutoffAtMs,
    value.expiresAtMs,
    value.lastSeenAtMs,
    value.maxDurationMs,
    holdPolicyFields(value.policy),
    value.hasProvider ? 1 : 0,
    value.estimated ? 1 : 0,
    value.evidence,
    value.usedMs,
    value.closedAtMs,
    value.outcome,
    value.legs.map(legFields),
  ];
}

export function unpackHoldState(packed: Uint8Array | undefined): HoldState {
  return holdStateOf(decodeMsgpack('HoldState', packed));
}

export function packHoldState(value: HoldState): Buffer {
  return encodeMsgpack(holdStateFields(value));
}

export interface PartitionState {
  /** the recovery gate lets operations through */
  readonly open: boolean;
  /** the gate's fencing number, raised at each recovery */
  readonly epoch: number;
  /** the latest time any script saw, so that time never goes back */
  readonly nowMs: number;
  /** from then on natural keys may have left Redis */
  readonly forgetsAtMs: number;
  /** rebuilt: unknown keys are looked up until then */
  readonly checkLedgerUntilMs: number;
  /** raised by each unload, so that a stale load is refused */
  readonly loadEpoch: number;
  /** tests only: Redis' clock stands here, 0 = real time */
  readonly testNowMs: number;
  /** what is added to Redis' clock since it jumped */
  readonly clockShiftMs: number;
  /** by Redis' clock, how far it is proven; 0 = not watched */
  readonly trustedUntilMs: number;
}

export function partitionStateOf(value: unknown): PartitionState {
  const fields = fieldsOf('PartitionState', value, 9, 7);
  return {
    open: flagAt(fields, 0, 'PartitionState.open'),
    epoch: integerAt(fields, 1, 'PartitionState.epoch'),
    nowMs: integerAt(fields, 2, 'PartitionState.nowMs'),
    forgetsAtMs: integerAt(fields, 3, 'PartitionState.forgetsAtMs'),
    checkLedgerUntilMs: integerAt(fields, 4, 'PartitionState.checkLedgerUntilMs'),
    loadEpoch: integerAt(fields, 5, 'PartitionState.loadEpoch'),
    testNowMs: integerAt(fields, 6, 'PartitionState.testNowMs'),
    clockShiftMs: laterAt(fields, 7, 'PartitionState.clockShiftMs'),
    trustedUntilMs: laterAt(fields, 8, 'PartitionState.trustedUntilMs'),
  };
}

export function partitionStateFields(value: PartitionState): unknown[] {
  return [
    value.open ? 1 : 0,
    value.epoch,
    value.nowMs,
    value.forgetsAtMs,
    value.checkLedgerUntilMs,
    value.loadEpoch,
    value.testNowMs,
    value.clockShiftMs,
    value.trustedUntilMs,
  ];
}

export function unpackPartitionState(packed: Uint8Array | undefined): PartitionState {
  return partitionStateOf(decodeMsgpack('PartitionState', packed));
}

export function packPartitionState(value: PartitionState): Buffer {
  return encodeMsgpack(partitionStateFields(value));
}

export interface WalletState {
  /** what the ledger says the wallet holds */
  readonly postedMicros: number;
  /** the sum of its open holds, >= 0 */
  readonly heldMicros: number;
  /** how far below 0 it may go, >= 0 */
  readonly creditLimitMicros: number;
  /** the reserve under which calls stop, >= 0 */
  readonly cutoffThresholdMicros: number;
  /** mutations of this wallet so far, contiguous */
  readonly sequence: number;
  /** an operator froze it: no new holds and charges */
  readonly frozen: boolean;
  /** open call holds */
  readonly liveCalls: number;
  /** cap on liveCalls, 0 = none */
  readonly maxLiveCalls: number;
  /** level LOW at or under this, 0 = none */
  readonly lowBalanceThresholdMicros: number;
  /** open call holds that money ran short for */
  readonly finalCalls: number;
  /** until then unknown keys are looked up in the ledger */
  readonly checkLedgerUntilMs: number;
  /** when its last mutation was made */
  readonly updatedAtMs: number;
  /** its ledger is in doubt: no new holds and charges either */
  readonly quarantined: boolean;
}

export function walletStateOf(value: unknown): WalletState {
  const fields = fieldsOf('WalletState', value, 13);
  return {
    postedMicros: integerAt(fields, 0, 'WalletState.postedMicros'),
    heldMicros: integerAt(fields, 1, 'WalletState.heldMicros'),
    creditLimitMicros: integerAt(fields, 2, 'WalletState.creditLimitMicros'),
    cutoffThresholdMicros: integerAt(fields, 3, 'WalletState.cutoffThresholdMicros'),
    sequence: integerAt(fields, 4, 'WalletState.sequence'),
    frozen: flagAt(fields, 5, 'WalletState.frozen'),
    liveCalls: integerAt(fields, 6, 'WalletState.liveCalls'),
    maxLiveCalls: integerAt(fields, 7, 'WalletState.maxLiveCalls'),
    lowBalanceThresholdMicros: integerAt(fields, 8, 'WalletState.lowBalanceThresholdMicros'),
    finalCalls: integerAt(fields, 9, 'WalletState.finalCalls'),
    checkLedgerUntilMs: integerAt(fields, 10, 'WalletState.checkLedgerUntilMs'),
    updatedAtMs: integerAt(fields, 11, 'WalletState.updatedAtMs'),
    quarantined: flagAt(fields, 12, 'WalletState.quarantined'),
  };
}

export function walletStateFields(value: WalletState): unknown[] {
  return [
    value.postedMicros,
    value.heldMicros,
    value.creditLimitMicros,
    value.cutoffThresholdMicros,
    value.sequence,
    value.frozen ? 1 : 0,
    value.liveCalls,
    value.maxLiveCalls,
    value.lowBalanceThresholdMicros,
    value.finalCalls,
    value.checkLedgerUntilMs,
    value.updatedAtMs,
    value.quarantined ? 1 : 0,
  ];
}

export function unpackWalletState(packed: Uint8Array | undefined): WalletState {
  return walletStateOf(decodeMsgpack('WalletState', packed));
}

export function packWalletState(value: WalletState): Buffer {
  return encodeMsgpack(walletStateFields(value));
}

export interface JournalRow {
  /** the wallet moved */
  readonly walletId: string;
  /** its sequence after this row */
  readonly sequence: number;
  /** the ledger entry's kind */
  readonly kind: string;
  /** signed effect on posted */
  readonly amountMicros: number;
  /** signed effect on held */
  readonly heldDeltaMicros: number;
  /** how far this row took spendable under zero */
  readonly shortfallMicros: number;
  /** the wallet after this row */
  readonly wallet: WalletState;
}

export function journalRowOf(value: unknown): JournalRow {
  const fields = fieldsOf('JournalRow', value, 7);
  return {
    walletId: textAt(fields, 0, 'JournalRow.walletId'),
    sequence: integerAt(fields, 1, 'JournalRow.sequence'),
    kind: textAt(fields, 2, 'JournalRow.kind'),
    amountMicros: integerAt(fields, 3, 'JournalRow.amountMicros'),
    heldDeltaMicros: integerAt(fields, 4, 'JournalRow.heldDeltaMicros'),
    shortfallMicros: integerAt(fields, 5, 'JournalRow.shortfallMicros'),
    wallet: walletStateOf(fields[6]),
  };
}

export function journalRowFields(value: JournalRow): unknown[] {
  return [
    value.walletId,
    value.sequence,
    value.kind,
    value.amountMicros,
    value.heldDeltaMicros,
    value.shortfallMicros,
    walletStateFields(value.wallet),
  ];
}

export function unpackJournalRow(packed: Uint8Array | undefined): JournalRow {
  return journalRowOf(decodeMsgpack('JournalRow', packed));
}

export function packJournalRow(value: JournalRow): Buffer {
  return encodeMsgpack(journalRowFields(value));
}

export interface JournalEntry {
  /** of this layout */
  readonly version: number;
  /** ULID of the mutation */
  readonly mutationId: string;
  /** the script that made it */
  readonly operation: string;
  /** Ringfence's clock */
  readonly atMs: number;
  /** the time of the event it records */
  readonly occurredAtMs: number;
  /** on whose behalf */
  readonly organizationId: string;
  /** request, call, payment_intent, ... or empty */
  readonly requestKind: string;
  /** the organization or root the key belongs to */
  readonly requestScope: string;
  /** the key itself */
  readonly requestKey: string;
  /** of the request's body */
  readonly fingerprint: string;
  /** JSON of labels, not read by the engine */
  readonly memo: string;
  /** one per wallet moved, in leg order */
  readonly rows: readonly JournalRow[];
  /** empty if no hold is concerned */
  readonly holdId: string;
  /** the hold after the mutation */
  readonly hold: HoldState | null;
  /** figures the answer needs beside the rows */
  readonly answer: readonly number[];
}

export function journalEntryOf(value: unknown): JournalEntry {
  const fields = fieldsOf('JournalEntry', value, 15);
  return {
    version: integerAt(fields, 0, 'JournalEntry.version'),
    mutationId: textAt(fields, 1, 'JournalEntry.mutationId'),
    operation: textAt(fields, 2, 'JournalEntry.operation'),
    atMs: integerAt(fields, 3, 'JournalEntry.atMs'),
    occurredAtMs: integerAt(fields, 4, 'JournalEntry.occurredAtMs'),
    organizationId: textAt(fields, 5, 'JournalEntry.organizationId'),
    requestKind: textAt(fields, 6, 'JournalEntry.requestKind'),
    requestScope: textAt(fields, 7, 'JournalEntry.requestScope'),
    requestKey: textAt(fields, 8, 'JournalEntry.requestKey'),
    fingerprint: textAt(fields, 9, 'JournalEntry.fingerprint'),
    memo: textAt(fields, 10, 'JournalEntry.memo'),
    rows: listAt(fields, 11, 'JournalEntry.rows').map(journalRowOf),
    holdId: textAt(fields, 12, 'JournalEntry.holdId'),
    hold: fields[13] === false ? null : holdStateOf(fields[13]),
    answer: integersAt(fields, 14, 'JournalEntry.answer'),
  };
}

export function journalEntryFields(value: JournalEntry): unknown[] {
  return [
    value.version,
    value.mutationId,
    value.operation,
    value.atMs,
    value.occurredAtMs,
    value.organizationId,
    value.requestKind,
    value.requestScope,
    value.requestKey,
    value.fingerprint,
    value.memo,
    value.rows.map(journalRowFields),
    value.holdId,
    value.hold === null ? false : holdStateFields(value.hold),
    [...value.answer],
  ];
}

export function unpackJournalEntry(packed: Uint8Array | undefined): JournalEntry {
  return journalEntryOf(decodeMsgpack('JournalEntry', packed));
}

export function packJournalEntry(value: JournalEntry): Buffer {
  return encodeMsgpack(journalEntryFields(value));
}
