/** Events for the outside and where they go. */
export {
  type AlertBase,
  keepAlertStates,
  readAlertBases,
  readOpenCalls,
  readWishes,
  type Wish,
} from './alert-states.ts';
export {
  type ClaimedDelivery,
  Deliveries,
  DOWN_AFTER_FAILURES,
  type Outcome as DeliveryOutcome,
} from './deliveries.ts';
export {
  type Delivery,
  type DeliveryAttempt,
  DeliveryList,
  REPLAY_MAX,
  type ReplayRange,
} from './delivery-list.ts';
export {
  type EndpointChanges,
  type NewNotificationEndpoint,
  type NotificationEndpoint,
  NotificationEndpoints,
} from './endpoints.ts';
export { appendEvents, type NewEvent } from './outbox.ts';
export {
  type NewWalletAlert,
  type StoredAlert,
  WALLET_ALERTS_MAX,
  WalletAlerts,
} from './wallet-alerts.ts';
