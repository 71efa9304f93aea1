/**
 * What a dialler at Twilio does when it was not told whether its call was placed: calls there carry no
 * metadata by which Ringfence could know them, so the dialler looks for the number it called.
 */
import { TWILIO_ACCOUNT, TWILIO_TOKEN } from './providers.ts';

const ATTEMPTS = 20;
const PAUSE_MS = 250;
const REQUEST_MS = 10_000;

/** The SID of the call to a number; undefined when there is none. @throws Error when Twilio is away */
export async function twilioCallTo(baseUrl: string, to: string): Promise<string | undefined> {
  const path = `/2010-04-01/Accounts/${TWILIO_ACCOUNT}/Calls.json`;
  const url = `${baseUrl}${path}?${new URLSearchParams({ To: to })}`;
  const key = Buffer.from(`${TWILIO_ACCOUNT}:${TWILIO_TOKEN}`).toString('base64');
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const answer = await fetch(url, {
      headers: { authorization: `Basic ${key}` },
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    if (answer.ok) {
      const { calls } = (await answer.json()) as { calls: { sid: string }[] };
      return calls[0]?.sid;
    }
    await answer.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error('Twilio cannot be asked for a call');
}
