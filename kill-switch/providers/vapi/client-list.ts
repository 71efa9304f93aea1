/**
 * All calls updated in a stretch of time. The API has no cursor and does not tell its order, so a
 * full page proves nothing about what is missing from it: its stretch is halved and asked again,
 * until every page has room to spare. That is complete in whatever order the pages come.
 */
import {
  LIST_PAGE_TIMEOUT_MS,
  LIST_RECORDS_MAX,
  ProviderOutage,
  type ProviderRecord,
} from '../client.ts';
import { pageAgain } from '../http/page-again.ts';
import { isSuccess, outage, parsed } from '../http/readings.ts';
import { askVapi, type VapiAccount } from './client-api.ts';
import { vapiRecord } from './client-record.ts';

/** Vapi's own default; a call comes with its transcript, so larger pages are slow. */
export const VAPI_PAGE_SIZE = 100;

interface Stretch {
  readonly fromMs: number;
  /** Not in it. */
  readonly toMs: number;
}

/** @throws ProviderOutage, also half-way */
export async function* listVapiCalls(
  account: VapiAccount,
  since: Date,
  until: Date,
  pageSize: number = VAPI_PAGE_SIZE,
): AsyncGenerator<ProviderRecord> {
  const seen = new Set<string>();
  const stretches: Stretch[] = [{ fromMs: since.getTime(), toMs: until.getTime() + 1 }];
  for (let stretch = stretches.pop(); stretch !== undefined; stretch = stretches.pop()) {
    const records = await pageAgain(() => page(account, stretch, pageSize));
    if (records.length >= pageSize) {
      stretches.push(...halves(stretch));
      continue;
    }
    for (const record of records) {
      // A call that was updated between two pages is in both.
      if (seen.has(record.providerCallId)) continue;
      if (seen.size >= LIST_RECORDS_MAX) throw new ProviderOutage('vapi', 'the list is too long');
      seen.add(record.providerCallId);
      yield record;
    }
  }
}

function halves({ fromMs, toMs }: Stretch): Stretch[] {
  if (toMs - fromMs <= 1) {
    throw new ProviderOutage('vapi', 'more calls in one millisecond than a page holds');
  }
  const middleMs = Math.floor((fromMs + toMs) / 2);
  return [
    { fromMs: middleMs, toMs },
    { fromMs, toMs: middleMs },
  ];
}

async function page(
  account: VapiAccount,
  { fromMs, toMs }: Stretch,
  pageSize: number,
): Promise<ProviderRecord[]> {
  const query = {
    limit: String(pageSize),
    updatedAtGe: new Date(fromMs).toISOString(),
    updatedAtLt: new Date(toMs).toISOString(),
  };
  try {
    const timeoutMs = LIST_PAGE_TIMEOUT_MS;
    const answer = await askVapi(account, { method: 'GET', path: '/call', query, timeoutMs });
    if (!isSuccess(answer.status)) {
      throw new ProviderOutage('vapi', `HTTP ${answer.status}`, answer.status);
    }
    return recordsOf(parsed('vapi', answer.text));
  } catch (error) {
    throw outage('vapi', error);
  }
}

/** Something in the list that is no call means that the list cannot be relied on. */
function recordsOf(list: unknown): ProviderRecord[] {
  if (!Array.isArray(list)) throw new ProviderOutage('vapi', 'the answer is no list');
  return list.map((item) => {
    const record = vapiRecord(item);
    if (record === undefined) throw new ProviderOutage('vapi', 'an item of the list is no call');
    return record;
  });
}
