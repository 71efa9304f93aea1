/**
 * All calls that lived or ended in a stretch of time. Twilio filters by the day of the end, at the
 * least, so what ended earlier that day is left out here; an upper bound could cut off the day that
 * it falls on and is not given. Calls that live have no end and are asked for by their status.
 */
import type { CallPage, CallStatus } from 'twilio/lib/rest/api/v2010/account/call.js';
import { LIST_RECORDS_MAX, ProviderOutage, type ProviderRecord } from '../client.ts';
import { pageAgain } from '../http/page-again.ts';
import { twilioRecord } from './client-record.ts';
import { type TwilioSdk, twilioOutage } from './client-sdk.ts';

export const TWILIO_PAGE_SIZE = 500;
const LIVE: readonly CallStatus[] = ['queued', 'ringing', 'in-progress'];

type Question = NonNullable<Parameters<TwilioSdk['list']['calls']['page']>[0]>;

/** @throws ProviderOutage, also half-way */
export async function* listTwilioCalls(
  sdk: TwilioSdk,
  since: Date,
  pageSize: number = TWILIO_PAGE_SIZE,
): AsyncGenerator<ProviderRecord> {
  // Twilio's times are whole seconds.
  const sinceMs = Math.floor(since.getTime() / 1000) * 1000;
  const questions: Question[] = [
    // First those that live: one that ends meanwhile is in the last answer as well.
    ...LIVE.map((status) => ({ status, pageSize })),
    { endTimeAfter: since, pageSize },
  ];
  const latest = new Map<string, ProviderRecord>();
  for (const question of questions) {
    for await (const record of pages(sdk, question)) {
      if (record.endedAtMs !== undefined && record.endedAtMs < sinceMs) continue;
      latest.set(record.providerCallId, record);
      if (latest.size > LIST_RECORDS_MAX) {
        throw new ProviderOutage('twilio', 'the list is too long');
      }
    }
  }
  yield* latest.values();
}

async function* pages(sdk: TwilioSdk, question: Question) {
  const seen = new Set<string>();
  let page: CallPage | undefined = await pageAgain(() => ask(() => sdk.list.calls.page(question)));
  while (page !== undefined) {
    for (const call of page.instances) {
      const record = twilioRecord(call);
      if (record === undefined) throw new ProviderOutage('twilio', 'an item is no call');
      yield record;
    }
    const next = page.nextPageUrl;
    if (next === undefined) return;
    if (seen.has(next)) throw new ProviderOutage('twilio', 'the list goes round in a circle');
    seen.add(next);
    const current: CallPage = page;
    page = await pageAgain(() =>
      ask(async () => (await current.nextPage()) as CallPage | undefined),
    );
  }
}

async function ask<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw twilioOutage(error);
  }
}
