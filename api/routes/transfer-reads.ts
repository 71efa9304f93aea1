import { setTimeout as pause } from 'node:timers/promises';
import { z } from '@hono/zod-openapi';
import type { ListedTransfer } from '../../persistence/index.ts';
import type { Principal } from '../auth/principal.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { Problem } from '../http/problem.ts';
import { cursorSchema, idSchema, listBody, listOf, pageOf, pageQuery } from '../schemas/common.ts';
import { listedTransferBody, transferSchema } from '../schemas/transfer.ts';
import type { Services } from '../services.ts';

/** How long a transfer that was answered a moment ago is waited for, on its way to the ledger. */
const LEDGER_PATIENCE_MS = 500;
const LEDGER_POLL_MS = 50;
/** What ids of transfers look like; anything else is not worth a wait. */
const TRANSFER_ID = /^trf_[0-9a-z]{26}$/;

/** Reading transfers: whoever may read one of the two wallets may read the transfer. */
export function transferReadRoutes(services: Services): Endpoint[] {
  return [listRoute(services), getRoute(services)];
}

function listRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/transfers',
    tag: 'transfers',
    summary: 'Lists transfers that moved money, newest first; refused ones moved none.',
    query: z.strictObject({
      organization_id: idSchema.optional(),
      wallet_id: idSchema.optional(),
      ...pageQuery,
      starting_after: cursorSchema('trf').optional(),
    }),
    answers: { 200: listOf(transferSchema) },
    async handle({ principal, query }) {
      const { organization_id: organizationId, wallet_id: walletId } = query;
      if (organizationId !== undefined) {
        await access.organization(principal, organizationId, 'read');
      }
      if (walletId !== undefined) await access.wallet(principal, walletId, 'read');
      const page = await directory.transferList.list({
        ...pageOf(query),
        ...(organizationId === undefined ? access.scope(principal) : { organizationId }),
        walletId,
      });
      if (page === undefined) {
        throw new Problem('invalid_request', 'starting_after names no transfer.', {
          param: 'starting_after',
        });
      }
      return { status: 200, body: listBody(page, listedTransferBody) };
    },
  });
}

function getRoute(services: Services): Endpoint {
  return endpoint({
    method: 'get',
    path: '/v1/transfers/{transfer_id}',
    tag: 'transfers',
    summary: 'Reads a transfer; one in transit ends as completed or reversed.',
    params: z.object({ transfer_id: idSchema }),
    answers: { 200: transferSchema },
    async handle({ principal, params }) {
      const id = params.transfer_id;
      const transfer = TRANSFER_ID.test(id)
        ? await soon(() => readable(services, principal, id))
        : undefined;
      if (transfer === undefined) {
        throw new Problem('not_found', `There is no transfer ${id} for this key.`);
      }
      return { status: 200, body: listedTransferBody(transfer) };
    },
  });
}

async function soon<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let waitedMs = 0; ; waitedMs += LEDGER_POLL_MS) {
    const found = await ask();
    if (found !== undefined || waitedMs >= LEDGER_PATIENCE_MS) return found;
    await pause(LEDGER_POLL_MS);
  }
}

/** Another tenant's transfer is waited for like an unknown one: the time must not tell them apart. */
async function readable(
  { access, directory }: Services,
  principal: Principal,
  id: string,
): Promise<ListedTransfer | undefined> {
  const transfer = await directory.transferList.get(id);
  if (transfer === undefined) return undefined;
  const ids = [transfer.fromWalletId, transfer.toWalletId];
  const wallets = await Promise.all(ids.map((walletId) => directory.wallets.get(walletId)));
  const decisions = await Promise.all(
    wallets.map((wallet) => wallet && access.decide(principal, 'read', wallet.organizationId)),
  );
  return decisions.includes('allowed') ? transfer : undefined;
}
