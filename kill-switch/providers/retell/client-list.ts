/**
 * All calls that lived or ended in a stretch of time. The list API filters by start and end, not by
 * update, and calls that never connected may have no end: three questions are asked for the whole.
 */
import type { CallListParams } from 'retell-sdk/resources/call';
import { LIST_RECORDS_MAX, ProviderOutage, type ProviderRecord } from '../client.ts';
import { pageAgain } from '../http/page-again.ts';
import { retellRecord } from './client-record.ts';
import { type RetellSdk, retellOutage } from './client-sdk.ts';

export const RETELL_PAGE_SIZE = 500;

type Filter = NonNullable<CallListParams['filter_criteria']>;

/** @throws ProviderOutage, also half-way */
export async function* listRetellCalls(
  sdk: RetellSdk,
  since: Date,
  until: Date,
  pageSize: number = RETELL_PAGE_SIZE,
): AsyncGenerator<ProviderRecord> {
  const stretch = {
    type: 'range' as const,
    op: 'bt' as const,
    value: [since.getTime(), until.getTime()],
  };
  const statuses = (value: ('ongoing' | 'not_connected' | 'error')[]) => ({
    type: 'enum' as const,
    op: 'in' as const,
    value,
  });
  const questions: Filter[] = [
    // First those that live: one that ends meanwhile is in the second answer as well.
    { call_status: statuses(['ongoing']) },
    { end_timestamp: stretch },
    { call_status: statuses(['not_connected', 'error']), start_timestamp: stretch },
  ];
  const latest = new Map<string, ProviderRecord>();
  for (const filter of questions) {
    for await (const record of pages(sdk, filter, pageSize)) {
      latest.set(record.providerCallId, record);
      if (latest.size > LIST_RECORDS_MAX) {
        throw new ProviderOutage('retell', 'the list is too long');
      }
    }
  }
  yield* latest.values();
}

async function* pages(sdk: RetellSdk, filter: Filter, limit: number) {
  const keys = new Set<string>();
  for (let key: string | undefined; ; ) {
    const question: CallListParams = {
      filter_criteria: filter,
      sort_order: 'ascending',
      limit,
      ...(key === undefined ? {} : { pagination_key: key }),
    };
    const page = await pageAgain(() => ask(sdk, question));
    for (const item of page.items) {
      const record = retellRecord(item);
      if (record === undefined) throw new ProviderOutage('retell', 'an item is no call');
      yield record;
    }
    if (page.has_more !== true) return;
    key = page.pagination_key;
    if (key === undefined || keys.has(key)) {
      throw new ProviderOutage('retell', 'the list promises more and does not say where');
    }
    keys.add(key);
  }
}

async function ask(sdk: RetellSdk, body: CallListParams) {
  try {
    const page = await sdk.list.call.list(body);
    if (Array.isArray(page?.items) && typeof page.has_more === 'boolean') return page;
  } catch (error) {
    throw retellOutage(error);
  }
  throw new ProviderOutage('retell', 'the answer is no list');
}
