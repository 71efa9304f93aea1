import { createHmac } from 'node:crypto';

/**
 * `X-Twilio-Signature`: HMAC-SHA1 of the URL followed by every parameter's name and value, sorted by
 * name, in base64. It carries no time.
 */
export function twilioSignature(
  authToken: string,
  url: string,
  parameters: Readonly<Record<string, string>>,
): string {
  const text = Object.keys(parameters)
    .sort()
    .reduce((sofar, name) => sofar + name + parameters[name], url);
  return createHmac('sha1', authToken).update(text, 'utf8').digest('base64');
}
