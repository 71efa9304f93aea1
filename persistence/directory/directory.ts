/**
 * The directory: who there is, what they pay, which call belongs to whom. One object for the API
 * and the kill switch; every read on the hot path is cached and every write tells the other
 * processes (change-feed.ts). It never touches a balance.
 */
import type { Sql } from '../connect.ts';
import { Deliveries } from '../notifications/deliveries.ts';
import { DeliveryList } from '../notifications/delivery-list.ts';
import { NotificationEndpoints } from '../notifications/endpoints.ts';
import { Outbox } from '../notifications/outbox.ts';
import { WalletAlerts } from '../notifications/wallet-alerts.ts';
import { ApiKeys } from './api-keys.ts';
import { AutoRecharges } from './auto-recharges.ts';
import { CallEvents } from './call-events.ts';
import { CallLinks } from './call-links.ts';
import { CallList } from './call-list.ts';
import { Calls } from './calls.ts';
import { ChangeFeed } from './change-feed.ts';
import { DefaultWallets } from './default-wallets.ts';
import { Dials } from './dials.ts';
import { Entries } from './entries.ts';
import { Inbox } from './inbox.ts';
import { Organizations } from './organizations.ts';
import { Packages } from './packages.ts';
import { Payments } from './payments.ts';
import { Prices } from './prices.ts';
import { ProviderBindings } from './provider-bindings.ts';
import { ProviderCredentials } from './provider-credentials.ts';
import type { CacheLimits } from './read-cache.ts';
import { RechargeAttempts } from './recharge-attempts.ts';
import { ReconcileMarks } from './reconcile-marks.ts';
import { RequestAnswers } from './request-answers.ts';
import { TopUps } from './top-ups.ts';
import { TransferList } from './transfer-list.ts';
import { Transfers } from './transfers.ts';
import { Wallets } from './wallets.ts';

export interface DirectoryOptions {
  /** The number of partitions fixed at first boot (`ensurePartitions`). */
  partitions: number;
  /** Shown in the text of new API keys: `rf_live_...` or `rf_test_...`. */
  keyMode: 'live' | 'test';
  /** Bounds of the caches that differ from the defaults of read-cache.ts. */
  cacheLimits?: Partial<CacheLimits>;
}

export interface Directory {
  readonly organizations: Organizations;
  readonly apiKeys: ApiKeys;
  readonly wallets: Wallets;
  readonly defaultWallets: DefaultWallets;
  readonly prices: Prices;
  readonly entries: Entries;
  readonly calls: Calls;
  readonly callList: CallList;
  readonly callLinks: CallLinks;
  readonly callEvents: CallEvents;
  readonly bindings: ProviderBindings;
  readonly credentials: ProviderCredentials;
  readonly dials: Dials;
  readonly transfers: Transfers;
  readonly transferList: TransferList;
  readonly packages: Packages;
  readonly topUps: TopUps;
  readonly payments: Payments;
  readonly autoRecharges: AutoRecharges;
  readonly rechargeAttempts: RechargeAttempts;
  readonly inbox: Inbox;
  readonly reconcileMarks: ReconcileMarks;
  readonly requestAnswers: RequestAnswers;
  readonly walletAlerts: WalletAlerts;
  readonly outbox: Outbox;
  readonly notificationEndpoints: NotificationEndpoints;
  readonly deliveries: Deliveries;
  readonly deliveryList: DeliveryList;
  /** Starts to hear the other processes' changes; until then records are at most 5 s old. */
  start(): Promise<void>;
  /** Stops hearing. The connection pool stays its owner's to close. */
  stop(): Promise<void>;
}

/** Makes the directory over a connection pool that others may share. */
export function createDirectory(sql: Sql, options: DirectoryOptions): Directory {
  const feed = new ChangeFeed(sql, options.cacheLimits);
  const organizations = new Organizations(sql, feed);
  const entries = new Entries(sql);
  return {
    organizations,
    apiKeys: new ApiKeys(sql, feed, options.keyMode),
    wallets: new Wallets(sql, feed, options.partitions),
    defaultWallets: new DefaultWallets(sql, feed, options.partitions),
    prices: new Prices(sql, feed, organizations),
    entries,
    calls: new Calls(sql, feed),
    callList: new CallList(sql, organizations, options.partitions),
    callLinks: new CallLinks(sql, feed),
    callEvents: new CallEvents(sql, entries),
    bindings: new ProviderBindings(sql, feed),
    credentials: new ProviderCredentials(sql, feed),
    dials: new Dials(sql),
    transfers: new Transfers(sql),
    transferList: new TransferList(sql),
    packages: new Packages(sql),
    topUps: new TopUps(sql),
    payments: new Payments(sql),
    autoRecharges: new AutoRecharges(sql, feed),
    rechargeAttempts: new RechargeAttempts(sql),
    inbox: new Inbox(sql),
    reconcileMarks: new ReconcileMarks(sql),
    requestAnswers: new RequestAnswers(feed),
    walletAlerts: new WalletAlerts(sql),
    outbox: new Outbox(sql),
    notificationEndpoints: new NotificationEndpoints(sql),
    deliveries: new Deliveries(sql),
    deliveryList: new DeliveryList(sql),
    start: () => feed.listen(),
    stop: () => feed.stop(),
  };
}
