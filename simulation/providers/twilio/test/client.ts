import type { TwilioOptions } from '../call.ts';
import { startTwilio } from '../start.ts';

export const accountSid = `AC${'0'.repeat(31)}1`;
export const authToken = '0123456789abcdef0123456789abcdef';

/** A simulator with the few requests that tests make of it. */
export async function twilioWithClient(options: Partial<TwilioOptions> = {}) {
  const simulator = await startTwilio({ accountSid, authToken, seed: 9, scale: 200, ...options });
  const basic = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
  const headers = { authorization: `Basic ${basic}` };
  const at = (path: string) =>
    new URL(
      path.startsWith('/') ? path : `/2010-04-01/Accounts/${accountSid}/${path}`,
      simulator.url,
    );
  const answer = async (response: Response) => ({
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
  });
  return {
    ...simulator,
    async post(path: string, fields: readonly (readonly [string, string])[]) {
      const body = new URLSearchParams();
      for (const [name, value] of fields) body.append(name, value);
      return answer(await fetch(at(path), { method: 'POST', headers, body }));
    },
    get: async (path: string) => answer(await fetch(at(path), { headers })),
    stranger: async (path: string) => answer(await fetch(at(path))),
  };
}
