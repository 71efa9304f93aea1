import type { ClaimedDelivery } from '../persistence/index.ts';

/** How one try went. */
export type Sent =
  | { readonly status: 'delivered'; readonly code: number | null; readonly answer: string }
  | {
      readonly status: 'refused';
      readonly code: number | null;
      readonly error: string;
      readonly answer: string;
      /** How long the receiver wants to be left alone, in ms. */
      readonly retryAfterMs: number;
      /** It is no matter of this event: nobody is there, or able to take anything. */
      readonly unreachable: boolean;
      /** Why nothing may be sent to it any more. */
      readonly gone?: string | undefined;
      /** Trying again cannot help. */
      readonly final?: boolean | undefined;
    }
  /** Never: there were too many of them. Nothing is wrong with the receiver. */
  | { readonly status: 'dropped'; readonly error: string }
  /** Not now; it does not count as a try. */
  | { readonly status: 'later'; readonly untilMs: number };

/** A way to reach endpoints of one kind. Never rejects for what a receiver does. */
export type Channel = (delivery: ClaimedDelivery, nowMs: number) => Promise<Sent>;

/** Where notifications write what they do; a pino logger fits. */
export interface NotificationLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export function refused(
  error: string,
  more: { final?: boolean; code?: number; unreachable?: boolean } = {},
): Sent {
  const { final, code = null, unreachable = false } = more;
  return { status: 'refused', code, error, answer: '', retryAfterMs: 0, unreachable, final };
}
