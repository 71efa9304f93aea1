/** Events for the outside and where they go. */
export {
  type AlertBase,
  keepAlertStates,
  readAlertBases,
  readOpenCalls,
  readWishes,
  type Wish,
} from './alert-states.ts';
export { type ClaimedDelivery, type ClaimOptions, DOWN_AFTER_FAILURES } from './claim.ts';
export { Deliveries } from './deliveries.ts';
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
export type { Outcome as DeliveryOutcome } from './record.ts';
export {
  type NewWalletAlert,
  type StoredAlert,
  WALLET_ALERTS_MAX,
  WalletAlerts,
} from './wallet-alerts.ts';
