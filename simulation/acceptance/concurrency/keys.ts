/** One key, one effect, one answer (I8). */
import { type Claim, same, tally } from '../claims.ts';
import { type Client, codeOf, expected, freshKey } from '../client.ts';
import { deposit, figures, organization, price, wallet } from '../tenants.ts';

const MINUTE = 60_000;

export function keyClaims(client: Client): Claim[] {
  return [
    {
      name: '50 authorizes of one call_id at once: one hold, 49 replays with the identical body',
      prove: () => oneCall(client),
    },
    {
      name: '50 charges under one Idempotency-Key at once: one charge, 49 identical replays',
      prove: () => oneCharge(client),
    },
    {
      name: 'the same call_id after a 402 and a top-up: 201; in two organizations: two calls',
      prove: () => callIdAgain(client),
    },
  ];
}

async function oneCall(client: Client): Promise<string> {
  await price(client, MINUTE);
  const organizationId = await organization(client);
  const walletId = await wallet(client, organizationId, 100 * MINUTE);
  const body = { call_id: freshKey('call'), organization_id: organizationId };
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => client.post('/v1/calls', body, null)),
  );
  same('statuses', tally(answers.map((answer) => answer.status)), { 201: 50 });
  same('bodies', new Set(answers.map((answer) => answer.text)).size, 1);
  same('replays', answers.filter((answer) => answer.replayed).length, 49);
  const { liveCalls, held } = await figures(client, walletId);
  same('one hold', { liveCalls, held }, { liveCalls: 1, held: 75 * (MINUTE / 60) });
  const other = { ...body, max_duration_seconds: 120 };
  const conflict = await client.post('/v1/calls', other, null);
  same('another body', [conflict.status, codeOf(conflict)], [409, 'idempotency_conflict']);
  return '1 hold, 49 replays';
}

async function oneCharge(client: Client): Promise<string> {
  const walletId = await wallet(client, await organization(client), 1_000_000);
  const path = `/v1/wallets/${walletId}/charges`;
  const key = freshKey('charge');
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => client.post(path, { amount_micros: 1_000 }, key)),
  );
  same('statuses', tally(answers.map((answer) => answer.status)), { 201: 50 });
  same('bodies', new Set(answers.map((answer) => answer.text)).size, 1);
  same('replays', answers.filter((answer) => answer.replayed).length, 49);
  same('posted', (await figures(client, walletId)).posted, 999_000);
  const conflict = await client.post(path, { amount_micros: 1_001 }, key);
  same('another body', [conflict.status, codeOf(conflict)], [409, 'idempotency_conflict']);
  return '1 charge, 49 replays';
}

async function callIdAgain(client: Client): Promise<string> {
  await price(client, MINUTE);
  const callId = freshKey('call');
  const first = await organization(client);
  const walletId = await wallet(client, first, 1_000);
  const body = { call_id: callId, organization_id: first };
  expected(402, 'without money', await client.post('/v1/calls', body, null));
  await deposit(client, walletId, 100 * MINUTE);
  const call = expected(201, 'after a top-up', await client.post('/v1/calls', body, null));
  const second = await organization(client);
  await wallet(client, second, 100 * MINUTE);
  const elsewhere = await client.post('/v1/calls', { ...body, organization_id: second }, null);
  const other = expected(201, 'in another organization', elsewhere);
  same('one call', call.hold_id === other.hold_id, false);
  // A platform key could mean either: it has to say which.
  const ended = await client.post(`/v1/calls/${callId}/end`, { duration_seconds: 1 }, null);
  same('ambiguous', [ended.status, codeOf(ended)], [400, 'ambiguous_call']);
  for (const organizationId of [first, second]) {
    const path = `/v1/calls/${callId}/end?organization_id=${organizationId}`;
    expected(200, 'end', await client.post(path, { duration_seconds: 60 }, null));
  }
  same('charged once', (await figures(client, walletId)).posted, 1_000 + 99 * MINUTE);
  return '402, 201, 201';
}
