import { z } from '@hono/zod-openapi';
import { type EntryFilter, entriesCsv } from '../../persistence/index.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import {
  cursorSchema,
  instantSchema,
  label,
  listBody,
  listOf,
  pageOf,
  pageQuery,
} from '../schemas/common.ts';
import { entryKindSchema, entrySchema, ledgerEntryBody } from '../schemas/entry.ts';
import type { Services } from '../services.ts';
import { walletParams } from './wallets.ts';

const entriesQuery = z.strictObject({
  kind: entryKindSchema.optional(),
  call_id: label(255, 1).optional(),
  from: instantSchema.optional(),
  to: instantSchema.optional(),
  format: z.enum(['json', 'csv'], 'must be json or csv').optional(),
  ...pageQuery,
  starting_after: cursorSchema('ent').optional(),
});

type EntriesQuery = z.output<typeof entriesQuery>;

export function entryRoutes({ access, directory }: Services): Endpoint[] {
  const entries = endpoint({
    method: 'get',
    path: '/v1/wallets/{wallet_id}/entries',
    tag: 'entries',
    summary: 'Lists what the ledger holds of a wallet, newest first; format=csv exports all of it.',
    params: walletParams,
    query: entriesQuery,
    answers: { 200: listOf(entrySchema) },
    async handle({ principal, params, query, requestId }) {
      const wallet = await access.wallet(principal, params.wallet_id, 'read');
      const filter = filterOf(wallet.id, query);
      if (query.format === 'csv') {
        return csvResponse(entriesCsv(directory.entries.pages(filter)), wallet.id, requestId);
      }
      const page = await directory.entries.list({ ...filter, ...pageOf(query) });
      if (page === undefined) {
        throw new Problem('invalid_request', 'starting_after names no entry of this wallet.', {
          param: 'starting_after',
        });
      }
      return { status: 200, body: listBody(page, ledgerEntryBody) };
    },
  });
  return [entries];
}

function filterOf(walletId: string, query: EntriesQuery): EntryFilter {
  return {
    walletId,
    kind: query.kind,
    callId: query.call_id,
    from: query.from === undefined ? undefined : new Date(query.from),
    to: query.to === undefined ? undefined : new Date(query.to),
  };
}

/** Streams the export page by page, as fast as the reader takes it. */
function csvResponse(lines: AsyncGenerator<string>, walletId: string, requestId: string): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await lines.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      await lines.return(undefined);
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${walletId}-entries.csv"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'request-id': requestId,
    },
  });
}
