import { createHmac } from 'node:crypto';

/**
 * How webhooks prove where they come from. The unit of Vapi's HMAC timestamp is not documented, so a
 * receiver has to take both.
 */
export type VapiAuthentication =
  | { readonly type: 'none' }
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'secret'; readonly secret: string }
  | { readonly type: 'hmac'; readonly secret: string; readonly unit: 's' | 'ms' };

/** The headers of one delivery. @param wallMs real epoch ms: receivers allow a few minutes. */
export function authenticationHeaders(
  how: VapiAuthentication,
  body: string,
  wallMs: number,
): Record<string, string> {
  switch (how.type) {
    case 'none':
      return {};
    case 'bearer':
      return { authorization: `Bearer ${how.token}` };
    case 'secret':
      return { 'x-vapi-secret': how.secret };
    case 'hmac': {
      const timestamp = String(how.unit === 's' ? Math.floor(wallMs / 1000) : wallMs);
      const digest = createHmac('sha256', how.secret).update(`${timestamp}.${body}`).digest('hex');
      return { 'x-timestamp': timestamp, 'x-signature': digest };
    }
  }
}
