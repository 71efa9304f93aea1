/** The door of notifications: events for the outside, alerts, and how they get there. */
export { createLedgerFollower } from './alerts/follower.ts';
export { callNotifications } from './call-notifications.ts';
export { EVENT_PATTERNS, EVENT_TYPES, EVENTS, type EventType } from './catalogue.ts';
export type { Channel, NotificationLog, Sent } from './channel.ts';
export { createDispatcher, type Dispatcher, type DispatcherOptions } from './dispatcher.ts';
export { createEmailChannel, type EmailChannel } from './email/email-channel.ts';
export { event } from './event.ts';
export { rechargeEvents, refusedPaymentEvents, topUpEvents } from './payment-events.ts';
export { type EndpointSecret, rotated, type SecretBox } from './webhooks/secrets.ts';
export { newSecret } from './webhooks/sign.ts';
export { createWebhookChannel } from './webhooks/webhook-channel.ts';
