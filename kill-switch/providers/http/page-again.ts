/** Reading a page of a list changes nothing, so a provider in trouble is asked for it again. */
import { ProviderOutage } from '../client.ts';

/**
 * A list of thirty pages of which one in three fails would never come whole if each had one attempt:
 * the chance is 1 in 190,000. With four attempts it is 7 in 10.
 */
const ATTEMPTS = 4;
const PAUSE_MS = 200;
const TOO_MANY = 429;

/** Asks up to four times, 1.4 s apart in all, while the answer is 429 or 5xx. @throws ProviderOutage */
export async function pageAgain<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt >= ATTEMPTS || !mayPass(error)) throw error;
    }
    const ms = PAUSE_MS * 2 ** (attempt - 1);
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof ProviderOutage) || error.httpStatus === undefined) return false;
  return error.httpStatus === TOO_MANY || error.httpStatus >= 500;
}
