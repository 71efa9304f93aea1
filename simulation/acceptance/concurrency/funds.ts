/** Money that is enough for some: no race may spend it twice. */
import { type Claim, same, tally } from '../claims.ts';
import { type Answer, type Client, codeOf, detailsOf, expected, freshKey } from '../client.ts';
import { deposit, figures, organization, price, SERVICE, wallet } from '../tenants.ts';

const MINUTE = 60_000;
const POLICY = { minimum_seconds: 60, quantum_seconds: 60 };

export function fundsClaims(client: Client): Claim[] {
  return [
    {
      name: '200 calls authorized at once on money for 50: 50 x 201, 150 x 402 with figures',
      prove: () => authorizes(client),
    },
    {
      name: '100 purchases at once on money for one: one',
      prove: () => purchases(client),
    },
    {
      name: 'a two-leg call whose agency is short: 402 names the agency, nothing is held',
      prove: () => shortAgency(client),
    },
    {
      name: '100 refunds of one charge at once, each under its own key: never above the charge',
      prove: () => refunds(client),
    },
  ];
}

async function authorizes(client: Client): Promise<string> {
  await price(client, MINUTE, { increment: '60/60' });
  const organizationId = await organization(client, { call_policy: POLICY });
  const walletId = await wallet(client, organizationId, 50 * MINUTE);
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => authorize(client, organizationId)),
  );
  same('statuses', tally(answers.map((answer) => answer.status)), { 201: 50, 402: 150 });
  for (const refused of answers.filter((answer) => answer.status === 402)) {
    same('code', codeOf(refused), 'insufficient_funds');
    const { wallet_id, required_micros, spendable_micros, held_micros } = detailsOf(refused);
    same(
      'details',
      { wallet_id, required_micros },
      { wallet_id: walletId, required_micros: MINUTE },
    );
    same('spendable + held', Number(spendable_micros) + Number(held_micros), 50 * MINUTE);
  }
  const { available, held, liveCalls } = await figures(client, walletId);
  same(
    'wallet',
    { available, held, liveCalls },
    { available: 0, held: 50 * MINUTE, liveCalls: 50 },
  );
  return '50 x 201, 150 x 402';
}

function authorize(client: Client, organizationId: string): Promise<Answer> {
  const body = { call_id: freshKey('call'), organization_id: organizationId, service: SERVICE };
  return client.post('/v1/calls', body, null);
}

async function purchases(client: Client): Promise<string> {
  const organizationId = await organization(client);
  // A credit limit does not count for an asset.
  const limit = { credit_limit_micros: 50_000_000 };
  const walletId = await wallet(client, organizationId, 1_500_000, limit);
  const body = { amount_micros: 1_000_000, overdraft: false };
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => client.post(`/v1/wallets/${walletId}/charges`, body)),
  );
  same('statuses', tally(answers.map((answer) => answer.status)), { 201: 1, 402: 99 });
  const { posted, sequence, ledgerSequence } = await figures(client, walletId);
  same('posted', posted, 500_000);
  same('in the ledger when answered', ledgerSequence, sequence);
  return '1 x 201, 99 x 402';
}

async function shortAgency(client: Client): Promise<string> {
  const agency = await organization(client);
  const own = { organization_id: agency, unit: 'minute', currency: 'usd' };
  const wholesale = { ...own, book: 'wholesale', rate_micros_per_minute: MINUTE / 2 };
  expected(200, 'wholesale', await client.put(`/v1/prices/${SERVICE}`, wholesale));
  const organizationId = await organization(client, { parent_id: agency });
  const agencyWallet = await wallet(client, agency, 1_000);
  const clientWallet = await wallet(client, organizationId, 100_000_000);
  const before = await Promise.all([figures(client, agencyWallet), figures(client, clientWallet)]);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => authorize(client, organizationId)),
  );
  for (const answer of answers) {
    same('status', answer.status, 402);
    const { wallet_id, role } = detailsOf(answer);
    same('names', { wallet_id, role }, { wallet_id: agencyWallet, role: 'agency' });
  }
  const after = await Promise.all([figures(client, agencyWallet), figures(client, clientWallet)]);
  same('wallets', after.map(moneyOf), before.map(moneyOf));
  await deposit(client, agencyWallet, 1_000_000);
  const call = expected(201, 'with money', await authorize(client, organizationId));
  same('legs', (call.legs as unknown[]).length, 2);
  return '20 x 402, then 201 with two legs';
}

function moneyOf({ posted, held, sequence }: Awaited<ReturnType<typeof figures>>) {
  return { posted, held, sequence };
}

async function refunds(client: Client): Promise<string> {
  const organizationId = await organization(client);
  const walletId = await wallet(client, organizationId, 5_000_000);
  const charged = await client.post(`/v1/wallets/${walletId}/charges`, {
    amount_micros: 1_000_000,
    wait_for: 'ledger',
  });
  const { entry } = expected(201, 'charge', charged);
  const refunded = (entry as { id: string }).id;
  const body = { kind: 'refund', amount_micros: 30_000, refunds: refunded };
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => client.post(`/v1/wallets/${walletId}/credits`, body)),
  );
  same('statuses', tally(answers.map((answer) => answer.status)), { 201: 33, 409: 67 });
  const { posted } = await figures(client, walletId);
  same('posted', posted, 4_000_000 + 33 * 30_000);
  const rest = { kind: 'refund', amount_micros: 10_000, refunds: refunded };
  expected(201, 'the rest', await client.post(`/v1/wallets/${walletId}/credits`, rest));
  const beyond = { kind: 'refund', amount_micros: 1, refunds: refunded };
  const last = await client.post(`/v1/wallets/${walletId}/credits`, beyond);
  same('one micro more', codeOf(last), 'refund_exceeds_charge');
  return '33 x 201, 67 x 409';
}
