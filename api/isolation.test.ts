/**
 * Every route of the OpenAPI document, tried with the key and the ids of two tenants: what is another
 * tenant's answers like what does not exist, and nothing is written. A route that is new is tried as
 * well: ids are put wherever the document has a place for one. All of it goes through the server's socket,
 * around Hono where it is plain, and in chunks by Hono.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ApiAnswer, type TestApplication, testApplication } from './test/application.ts';
import { statusesOf } from './test/batch.ts';
import { BASES, type fuzzStage } from './test/fuzz/bases.ts';
import { type Operation, readDocument } from './test/fuzz/document.ts';
import { type Components, resolve } from './test/fuzz/values.ts';
import { rechargeOf, type Tenant, type Tenants, tenants, transferOf } from './test/tenants.ts';
import { recipientOf, webhookOf } from './test/who-may-notifications.ts';

let app: TestApplication;
let all: Tenants;
let operations: Operation[];
let components: Components;
/** The victim's, by the name under which a route takes them. */
let ids: Readonly<Record<string, string>>;
beforeAll(async () => {
  const env = { RINGFENCE_RATE_LIMIT_PER_SECOND: '1000000' };
  app = await testApplication(env, undefined, { listens: true });
  all = await tenants(app);
  ({ operations, components } = await readDocument(app));
  ids = await idsOf(all.client);
  await flushed(all.client);
});
afterAll(() => app.stop());

async function idsOf(victim: Tenant): Promise<Record<string, string>> {
  const { organizationId, walletId } = victim;
  await app.request('PUT', '/v1/prices/voice_minute', {
    body: { unit: 'minute', rate_micros_per_minute: 60_000, currency: 'usd' },
  });
  await rechargeOf(app, victim);
  const made = async (path: string, body: unknown) => {
    const answer = await app.request('POST', path, { body });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body;
  };
  const hold = await made('/v1/holds', { wallet_id: walletId, amount_micros: 100 });
  const call = { call_id: 'victims-own-call', organization_id: organizationId };
  await made('/v1/calls', call);
  const key = { organization_id: organizationId, role: 'organization', name: 'victim' };
  const charge = await made(`/v1/wallets/${walletId}/charges`, { amount_micros: 5 });
  return {
    organization_id: organizationId,
    parent_id: organizationId,
    wallet_id: walletId,
    from_wallet_id: walletId,
    to_wallet_id: walletId,
    hold_id: String(hold.id),
    call_id: call.call_id,
    key_id: String((await made('/v1/api_keys', key)).id),
    ...(await webhookOf(app, victim)),
    recipient_id: await recipientOf(app, victim),
    transfer_id: await transferOf(app, victim),
    refunds: String((charge.entry as { id: string }).id),
    starting_after: String((charge.entry as { id: string }).id),
  };
}

async function flushed({ walletId }: Tenant): Promise<void> {
  const inStep = async () => {
    const { body } = await app.request('GET', `/v1/wallets/${walletId}`);
    return Number(body.sequence) === Number(body.ledger_sequence);
  };
  await vi.waitUntil(inStep, { timeout: 60_000 });
}

const TABLES = [
  ...['ledger_entries', 'wallets', 'holds', 'calls', 'call_links', 'call_events', 'dials'],
  ...['organizations', 'api_keys', 'prices', 'provider_bindings', 'provider_credentials'],
  ...['transfers', 'webhook_inbox', 'notification_endpoints', 'notification_deliveries'],
  ...['wallet_alerts', 'wallet_alert_states', 'top_ups', 'auto_recharges'],
];

async function written(): Promise<Record<string, number>> {
  const sql = app.core.stores.directory;
  const counts = TABLES.map(async (table) => {
    const [row] = await sql<{ rows: number }[]>`select count(*)::int as rows from ${sql(table)}`;
    return [table, row?.rows ?? -1] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

interface Attempt {
  path: string;
  body?: unknown;
}

/** The request that means the victim, wherever the route has a place for an id. */
async function attemptOf(operation: Operation): Promise<Attempt> {
  const stage = { app, ...all.client, otherWalletId: all.client.walletId };
  const base = operation.body === undefined ? {} : await baseOf(operation, stage);
  const { properties = {} } = resolve(operation.body ?? {}, components);
  const named = Object.keys(properties).filter((name) => name in ids);
  const body = { ...base, ...Object.fromEntries(named.map((name) => [name, ids[name]])) };
  const query = operation.query.flatMap((name) => (name in ids ? [`${name}=${ids[name]}`] : []));
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'vapi');
  return {
    path: `${path}${query.length > 0 ? '?' : ''}${query.join('&')}`,
    ...(operation.body !== undefined && { body }),
  };
}

async function baseOf({ route }: Operation, stage: Awaited<ReturnType<typeof fuzzStage>>) {
  // Routes whose good request makes something of the victim's first are tried with its ids alone.
  const made = route.includes('{hold_id}') || route.includes('{call_id}');
  return made ? {} : ((await BASES[route]?.(stage))?.body ?? {});
}

/** The same request about what does not exist: each of the victim's ids becomes one of nobody's. */
function ofNobody({ path, body }: Attempt): Attempt {
  const text = replaced(JSON.stringify({ path, body }), nobodys);
  return JSON.parse(text) as Attempt;
}

function nobodys(id: string): string {
  return id.slice(0, -6) + [...id.slice(-6)].reverse().join('').replace(/./g, 'z');
}

function replaced(text: string, by: (id: string) => string): string {
  const longest = [...new Set(Object.values(ids))].sort((a, b) => b.length - a.length);
  return longest.reduce((rest, id) => rest.replaceAll(id, by(id)), text);
}

/** An answer without the ids that were asked about, and without what differs in every answer. */
function told({ status, text }: ApiAnswer): string {
  const known = replaced(replaced(text, nobodys), nobodys);
  return `${status} ${known
    .replaceAll(/"(request_id|as_of)":"[^"]*"/g, '')
    .replaceAll(/z{6}/g, '')}`;
}

describe('a key of another tenant', () => {
  test.each([
    ['agency', 'of a declared length'],
    ['organization', 'of a declared length'],
    ['finance', 'of a declared length'],
    ['agency', 'in chunks'],
    ['organization', 'in chunks'],
    ['finance', 'in chunks'],
  ] as const)('%s, %s: what is not its own is like what is not there', async (role, way) => {
    const chunked = way === 'in chunks';
    const direct = app.direct();
    const key = all.other.keys[role];
    const before = await written();
    const faults: string[] = [];
    let tried = 0;
    for (const operation of operations) {
      if (!operation.keyed || (chunked && operation.method !== 'POST')) continue;
      const attempt = await attemptOf(operation);
      if (!Object.values(ids).some((id) => JSON.stringify(attempt).includes(id))) continue;
      tried += 1;
      const nobody = ofNobody(attempt);
      const send = ({ path, body }: Attempt) =>
        app.request(operation.method, path, { key, chunked, ...(body !== undefined && { body }) });
      const [theirs, none] = [await send(attempt), await send(nobody)];
      const { route } = operation;
      if (told(theirs) !== told(none)) faults.push(`${route}: ${theirs.text} ${none.text}`);
      if (statusesOf(theirs).some((status) => status < 400)) {
        faults.push(`${route} is answered ${theirs.status}`);
      }
    }
    expect(faults).toEqual([]);
    expect(tried).toBeGreaterThan(chunked ? 15 : 25);
    expect(await written()).toEqual(before);
    expect(app.direct() - direct).toBeGreaterThanOrEqual(chunked ? 0 : 30);
    if (chunked) expect(app.direct()).toBe(direct);
  });
});

describe('an organization_id that is smuggled in beside the own one', () => {
  const own = () => all.other.organizationId;
  const victims = () => all.client.organizationId;

  test.each<[string, (path: string) => string]>([
    ['twice', (path) => `${path}?organization_id=${own()}&organization_id=${victims()}`],
    [
      'twice, the other way round',
      (path) => `${path}?organization_id=${victims()}&organization_id=${own()}`,
    ],
    ['as a list', (path) => `${path}?organization_id[]=${victims()}`],
    ['in capitals', (path) => `${path}?Organization_Id=${victims()}&organization_id=${own()}`],
    ['encoded', (path) => `${path}?organization%5Fid=${victims()}`],
    ['after a NUL', (path) => `${path}?organization_id=${own()}%00${victims()}`],
  ])('in the query %s, reads nothing of the other', async (_, query) => {
    const lists = operations.filter(({ query: names }) => names.includes('organization_id'));
    expect(lists.length).toBeGreaterThan(5);
    for (const { method, route, path } of lists.filter((one) => one.method === 'GET')) {
      const place = query(path.replaceAll(/\{(\w+)\}/g, (__, name: string) => ids[name] ?? 'vapi'));
      const answer = await app.request(method, place, { key: all.other.keys.agency });
      const [shown] = [ids.wallet_id, ids.hold_id, ids.key_id].filter((id) => {
        return id !== undefined && !place.includes(id) && answer.text.includes(id);
      });
      expect([route, answer.status < 500, shown]).toEqual([route, true, undefined]);
    }
  });

  test.each<[string, () => Record<string, unknown>]>([
    ['as a list', () => ({ organization_id: [victims()] })],
    ['as an object', () => ({ organization_id: { id: victims() } })],
    ['in capitals', () => ({ organization_id: own(), Organization_Id: victims() })],
    ['in camel case', () => ({ organization_id: own(), organizationId: victims() })],
    ['with a space', () => ({ organization_id: `${victims()} ` })],
    ['by its wallet', () => ({ organization_id: own(), wallet_id: ids.wallet_id })],
    ['inherited', () => JSON.parse(`{"__proto__": {"organization_id": "${victims()}"}}`)],
  ])('in the body %s, opens no call', async (name, fields) => {
    const before = await written();
    const body = { call_id: `smuggled ${name}`, ...fields() };
    const raw = JSON.stringify(body);
    for (const path of ['/v1/calls', `/v1/calls?organization_id=${victims()}`]) {
      const answer = await app.request('POST', path, { key: all.other.keys.agency, raw });
      expect([answer.status >= 400 && answer.status < 500, answer.text]).toEqual([
        true,
        expect.not.stringContaining('hold_'),
      ]);
    }
    expect(await written()).toEqual(before);
  });

  test.each([false, true])(
    'twice in one body is refused before anybody is meant (in chunks: %s)',
    async (chunked) => {
      const raw = `{"call_id":"twice","organization_id":"${own()}","organization_id":"${victims()}"}`;
      const answer = await app.request('POST', '/v1/calls', {
        key: all.other.keys.agency,
        raw,
        chunked,
      });
      expect(answer).toMatchObject({ status: 400, body: { error: { type: 'request' } } });
    },
  );
});
