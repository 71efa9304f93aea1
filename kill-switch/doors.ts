/**
 * What the kill-switch asks of the rest: an interface each for the directory, the call records and
 * the inbox. Persistence has what fills them; the composition root joins the two, so that this
 * folder knows nothing of SQL.
 */
import type { OpenDial } from './asking/by-numbers.ts';
import type { AppliableEvent, BindingKind } from './providers/event.ts';

export interface OrganizationFacts {
  readonly id: string;
  readonly rootId: string;
  readonly billingEnabled: boolean;
  /** Sparse, as stored. */
  readonly callPolicy: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface WalletFacts {
  readonly id: string;
  readonly organizationId: string;
  readonly partition: number;
  readonly currency: string;
  /** A saved card is charged when it runs low, so that money may come during a call. */
  readonly recharges?: boolean | undefined;
}

/** A price as the price book holds it; `rateMicrosPerMinute` is null for a price by the unit. */
export interface PriceFacts {
  readonly rateMicrosPerMinute: number | null;
  readonly initialSeconds: number;
  readonly subsequentSeconds: number;
  readonly exact: boolean;
  readonly connectionFeeMicros: number;
  readonly minimumMicros: number;
  readonly currency: string;
}

export interface BindingFacts {
  readonly organizationId: string;
  readonly walletId: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Who is who, and what it costs. Read on every authorize, so every answer is cached. */
export interface CallDirectory {
  /** The organization and its ancestors, nearest first; empty when there is none. */
  chain(organizationId: string): Promise<readonly OrganizationFacts[]>;
  price(
    organizationId: string,
    service: string,
    book: 'retail' | 'wholesale',
  ): Promise<PriceFacts | undefined>;
  hasWholesale(agencyId: string): Promise<boolean>;
  wallet(walletId: string): Promise<WalletFacts | undefined>;
  /** The oldest active wallet in the currency, made if there is none. */
  defaultWallet(
    organization: Pick<OrganizationFacts, 'id' | 'rootId'>,
    currency: string,
  ): Promise<WalletFacts>;
  binding(
    provider: string,
    kind: BindingKind,
    externalId: string,
  ): Promise<BindingFacts | undefined>;
}

/** Everything about a call that the engine does not need to know. */
export interface NewCallRecord {
  readonly organizationId: string;
  readonly callId: string;
  readonly holdId: string;
  readonly service: string;
  readonly provider: string | undefined;
  readonly providerCallId: string | undefined;
  readonly destination: string | undefined;
  readonly metadata: Record<string, unknown> | undefined;
  readonly maxDurationSeconds: number | undefined;
}

export interface CallRecord {
  readonly organizationId: string;
  readonly callId: string;
  readonly holdId: string;
  readonly service: string;
  readonly provider: string | null;
  readonly providerCallId: string | null;
  readonly destination: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly cutoffState: CutoffState;
}

/** How far the end of a call for lack of money has come. */
export type CutoffState = 'none' | 'pending' | 'confirmed' | 'failed';

export interface CutoffMove {
  readonly organizationId: string;
  readonly callId: string;
  readonly state: CutoffState;
}

export interface CallLinkRecord {
  readonly provider: string;
  readonly providerCallId: string;
  readonly organizationId: string;
  readonly callId: string;
  readonly holdId: string;
  readonly partition: number;
  /** Where Vapi takes commands for the call. */
  readonly controlUrl?: string | null | undefined;
  /** Its leg at Twilio, when its provider dials through it. */
  readonly twilioCallSid?: string | null | undefined;
  /** Only somebody with a key, or under an organization's own secret, says so. */
  readonly claimed?: boolean | undefined;
}

export interface NewCallEvent {
  readonly organizationId: string;
  readonly callId: string;
  readonly kind: string;
  readonly details: Record<string, unknown>;
  readonly at: Date;
}

export interface CallRecords {
  /** Writes those records that are not there yet, in one statement. */
  insertMany(records: readonly NewCallRecord[]): Promise<void>;
  appendEvents(events: readonly NewCallEvent[]): Promise<void>;
  find(organizationId: string, callId: string): Promise<CallRecord | undefined>;
  /** The calls of this id in whatever organizations. */
  findByCallId(callId: string): Promise<readonly CallRecord[]>;
  findLink(provider: string, providerCallId: string): Promise<CallLinkRecord | undefined>;
  /**
   * Again for the same call it only renews how the call is reached, where that is given. What is no
   * claim takes the id from a call that only claimed it.
   */
  link(link: CallLinkRecord): Promise<'linked' | 'linked_elsewhere'>;
  /** The dial of a call, while it is not known whether it placed it. */
  openDial(organizationId: string, callId: string): Promise<OpenDial | undefined>;
  /** The provider ids of one call: those that are certain first, of them the newest. */
  linksOf(organizationId: string, callId: string): Promise<readonly CallLinkRecord[]>;
  /** The kinds of what is on the call's timeline, oldest first. */
  eventKinds(organizationId: string, callId: string): Promise<readonly string[]>;
  /** Writes how far cutoffs have come, in one statement; of one call the last word counts. */
  moveCutoffs(moves: readonly CutoffMove[]): Promise<void>;
}

/** An event in the inbox, waiting to be applied. */
export interface InboxItem {
  readonly id: number;
  readonly event: AppliableEvent;
  /** How often it was handed out, this time included. */
  readonly attempts: number;
}

/** Verified provider events that could not be applied at once. Delivered in order per call. */
export interface Inbox {
  /** Stores one event; the same `eventKey` again is stored once. */
  store(event: AppliableEvent, callKey: string, eventKey: string): Promise<void>;
  claim(owner: string, limit: number, leaseMs: number): Promise<readonly InboxItem[]>;
  applied(ids: readonly number[]): Promise<void>;
  /** Gives an event back, to be handed out again after `retryMs`. */
  failed(id: number, owner: string, why: string, retryMs: number): Promise<void>;
}

/** A pass over one provider account: everything since the mark, or from further back. */
export interface ReconcileOrder {
  readonly provider: string;
  /** Whose account; empty for the platform's own. */
  readonly organizationId: string;
  /** Null before the first complete pass. */
  readonly reconciledUntil: Date | null;
  /** Somebody asked to look at least so far back. */
  readonly wantedSince: Date | null;
}

type ReconcileAccount = Pick<ReconcileOrder, 'provider' | 'organizationId'>;

/** How far each provider account was reconciled, and whose turn the next pass is. */
export interface ReconcileMarks {
  /** Asks for a pass, which some process will do; `delayMs` from now at the latest. */
  request(account: ReconcileAccount, since?: Date, delayMs?: number): Promise<void>;
  /** Takes up a pass that is due; another process takes it up if the lease runs out. */
  claim(
    accounts: readonly ReconcileAccount[],
    owner: string,
    leaseMs: number,
  ): Promise<ReconcileOrder | undefined>;
  /** Keeps the lease; false when another process has the pass by now. */
  renew(account: ReconcileAccount, owner: string, leaseMs: number): Promise<boolean>;
  /** A stretch was listed wholly and applied; it does not count if it leaves a gap. */
  advance(account: ReconcileAccount, from: Date, to: Date): Promise<void>;
  /** Gives the pass back, to be done again after `nextMs`; `done` when nothing is left of it. */
  finish(account: ReconcileAccount, owner: string, nextMs: number, done: boolean): Promise<void>;
  /** How far the account was reconciled; null when it never was. */
  reconciledUntil(account: ReconcileAccount): Promise<Date | null>;
  /** True for a call at Twilio that is only the leg of a call that another provider makes. */
  isLeg(twilioCallSid: string): Promise<boolean>;
}

/** Something an organization may want to hear of at once. */
export interface Notice {
  readonly kind: 'call_warned' | 'cutoff_failed';
  readonly organizationId: string;
  readonly callId: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The part of a structured logger that is used here. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
