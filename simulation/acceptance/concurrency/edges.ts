/** Amounts at and beyond the edges: a clear 400 or 422, and nothing written (I9). */
import { type Claim, same } from '../claims.ts';
import { type Answer, type Client, codeOf, expected, freshKey } from '../client.ts';
import { ADMIN_KEY } from '../ringfence.ts';
import { figures, organization, wallet } from '../tenants.ts';

const MAX = Number.MAX_SAFE_INTEGER;

/** As they stand in the JSON text: a number type would already have rounded them. */
const NO_AMOUNTS = [
  '0',
  '-1',
  '0.5',
  '1.0000001',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740992',
  '1e21',
  '1e400',
  '"5"',
  '"NaN"',
  'NaN',
  'Infinity',
  'null',
  'true',
  '[]',
  '{}',
  '',
];

export function edgeClaims(client: Client): Claim[] {
  return [
    {
      name: 'amounts that are no amounts: 400 or 422 on every route that moves money, nothing written',
      prove: () => noAmounts(client),
    },
    {
      name: '2^53-1 micros go in and out exactly; one micro more is refused',
      prove: () => largest(client),
    },
    {
      name: 'a missing, unknown or different currency: 400 or 422',
      prove: () => currencies(client),
    },
  ];
}

async function noAmounts(client: Client): Promise<string> {
  const organizationId = await organization(client);
  const walletId = await wallet(client, organizationId, 1_000_000);
  const other = await wallet(client, organizationId, 1_000_000);
  const routes = [
    [`/v1/wallets/${walletId}/credits`, '"kind":"deposit",'],
    [`/v1/wallets/${walletId}/credits`, '"kind":"bonus",'],
    [`/v1/wallets/${walletId}/charges`, ''],
    ['/v1/holds', `"wallet_id":"${walletId}",`],
    ['/v1/transfers', `"from_wallet_id":"${walletId}","to_wallet_id":"${other}",`],
  ] as const;
  const before = await Promise.all([figures(client, walletId), figures(client, other)]);
  let refused = 0;
  for (const [path, fields] of routes) {
    for (const amount of NO_AMOUNTS) {
      const text = `{${fields}"amount_micros":${amount}}`;
      badInput(`${path} ${text}`, await send(client, path, text));
      refused += 1;
    }
    badInput(`${path} without`, await send(client, path, `{${fields.replace(/,$/, '')}}`));
  }
  const credits = `/v1/wallets/${walletId}/credits`;
  for (const amount of ['0', '0.5', '-9007199254740992', '"-5"']) {
    const text = `{"kind":"adjustment","amount_micros":${amount}}`;
    badInput(`adjustment ${amount}`, await send(client, credits, text));
  }
  const after = await Promise.all([figures(client, walletId), figures(client, other)]);
  same('wallets', after.map(written), before.map(written));
  const down = { kind: 'adjustment', amount_micros: -250_000 };
  expected(201, 'a negative adjustment', await client.post(credits, down));
  same('posted', (await figures(client, walletId)).posted, 750_000);
  return `${refused} refused`;
}

function written({ posted, held, sequence }: Awaited<ReturnType<typeof figures>>) {
  return { posted, held, sequence };
}

function send(client: Client, path: string, text: string): Promise<Answer> {
  return client.raw(path, text, {
    authorization: `Bearer ${ADMIN_KEY}`,
    'content-type': 'application/json',
    'idempotency-key': freshKey('edge'),
  });
}

function badInput(what: string, answer: Answer): void {
  const clear = (answer.status === 400 || answer.status === 422) && codeOf(answer) !== '';
  if (!clear) throw new Error(`${what}: ${answer.status} ${answer.text.slice(0, 300)}`);
}

async function largest(client: Client): Promise<string> {
  const walletId = await wallet(client, await organization(client));
  const credits = `/v1/wallets/${walletId}/credits`;
  const most = { kind: 'deposit', amount_micros: MAX };
  expected(201, 'the most', await client.post(credits, most));
  same('posted', (await figures(client, walletId)).posted, MAX);
  const more = await client.post(credits, { kind: 'deposit', amount_micros: 1 });
  same('one more', [more.status, codeOf(more)], [422, 'balance_out_of_range']);
  const body = { wallet_id: walletId, amount_micros: MAX };
  const hold = expected(201, 'a hold of all', await client.post('/v1/holds', body));
  const capture = { amount_micros: MAX - 1 };
  expected(200, 'capture', await client.post(`/v1/holds/${hold.id}/capture`, capture));
  same('one is left', (await figures(client, walletId)).posted, 1);
  const charge = await client.post(`/v1/wallets/${walletId}/charges`, { amount_micros: MAX });
  same('too much', [charge.status, codeOf(charge)], [402, 'insufficient_funds']);
  return `${MAX} in, ${MAX - 1} out, 1 left`;
}

async function currencies(client: Client): Promise<string> {
  const organizationId = await organization(client);
  const make = (fields: object) =>
    client.post('/v1/wallets', { organization_id: organizationId, ...fields });
  badInput('no currency', await make({}));
  badInput('no such currency', await make({ currency: '$$' }));
  badInput('a number', await make({ currency: 840 }));
  const walletId = await wallet(client, organizationId, 10_000_000);
  const euros = await wallet(client, organizationId, 10_000_000, { currency: 'eur' });
  const transfer = await client.post('/v1/transfers', {
    from_wallet_id: walletId,
    to_wallet_id: euros,
    amount_micros: 1_000,
  });
  same('another currency', [transfer.status, codeOf(transfer)], [422, 'currency_mismatch']);
  const call = { call_id: freshKey('call'), organization_id: organizationId, wallet_id: euros };
  const authorized = await client.post('/v1/calls', call, null);
  same("the price's currency", [authorized.status, codeOf(authorized)], [422, 'currency_mismatch']);
  same('posted', (await figures(client, euros)).posted, 10_000_000);
  return '5 refused';
}
