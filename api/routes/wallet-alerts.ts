/** What an organization wants to be told of a wallet, beyond its levels. */
import { permitOwner } from '../auth/owner.ts';
import { type Endpoint, endpoint } from '../http/endpoint.ts';
import { refusalProblem } from '../http/refusal.ts';
import { alertBody, alertListSchema, alertsSchema, newAlerts } from '../schemas/alert.ts';
import type { Services } from '../services.ts';
import { walletParams } from './wallets.ts';

const shared = {
  path: '/v1/wallets/{wallet_id}/alerts',
  tag: 'wallets',
  params: walletParams,
  answers: { 200: alertListSchema },
} as const;

export function walletAlertRoutes(services: Services): Endpoint[] {
  return [getRoute(services), putRoute(services)];
}

function getRoute({ access, directory }: Services): Endpoint {
  return endpoint({
    ...shared,
    method: 'get',
    summary: 'Lists the alerts of a wallet.',
    async handle({ principal, params }) {
      const wallet = await access.wallet(principal, params.wallet_id, 'read');
      const alerts = await directory.walletAlerts.list(wallet.id);
      return { status: 200, body: { data: alerts.map(alertBody) } };
    },
  });
}

function putRoute({ access, directory, engine }: Services): Endpoint {
  return endpoint({
    ...shared,
    method: 'put',
    summary:
      'Sets the alerts of a wallet, in place of those it had. They are judged at once, and then at ' +
      'every entry of the wallet.',
    body: alertsSchema,
    problems: ['not_found', 'forbidden'],
    async handle({ principal, params, body }) {
      const wallet = await access.wallet(principal, params.wallet_id, 'read');
      await permitOwner(access, principal, wallet.organizationId);
      const alerts = await directory.walletAlerts.replace(wallet.id, newAlerts(body));
      // An entry that changes nothing: alerts are judged where the ledger is written, in its order.
      const done = await engine.configure({
        partition: wallet.partition,
        organizationId: wallet.organizationId,
        walletId: wallet.id,
        changes: {},
        memo: { description: 'alerts were set' },
      });
      if (done.status !== 'done') throw refusalProblem(done);
      return { status: 200, body: { data: alerts.map(alertBody) } };
    },
  });
}
