/** Calls over HTTP in tests: an application with a price, organizations with money. */
import { type ApiAnswer, type TestApplication, testApplication } from '../../test/application.ts';
import { organization, wallet } from '../../test/tenants.ts';

/** $0.60 a minute at 1/1: a second costs 10,000 micros. */
export const SECOND = 10_000;
export const MINUTE = 60 * SECOND;

export interface CallsDesk {
  app: TestApplication;
  /** An organization with money in its wallet. */
  payer(
    depositMicros: number,
    fields?: Record<string, unknown>,
  ): Promise<{ organizationId: string; walletId: string }>;
  put(path: string, body: unknown): Promise<ApiAnswer>;
  post(path: string, body?: unknown): Promise<ApiAnswer>;
  /** Authorizes a call, under a new id unless `fields` names one. */
  authorize(organizationId: string, fields?: Record<string, unknown>): Promise<ApiAnswer>;
  state(walletId: string): Promise<Record<string, unknown>>;
  newId(): string;
}

export async function callsDesk(env: Record<string, string> = {}): Promise<CallsDesk> {
  const app = await testApplication(env);
  let calls = 0;
  const desk: CallsDesk = {
    app,
    newId: () => `c-${calls++}`,
    async payer(depositMicros, fields = {}) {
      const organizationId = await organization(app, 'Payer', fields);
      return { organizationId, walletId: await wallet(app, organizationId, depositMicros) };
    },
    async put(path, body) {
      const answer = await app.request('PUT', path, { body });
      if (answer.status !== 200) throw new Error(answer.text);
      return answer;
    },
    post: (path, body = {}) => app.request('POST', path, { body }),
    authorize: (organizationId, fields = {}) =>
      desk.post('/v1/calls', { call_id: desk.newId(), organization_id: organizationId, ...fields }),
    state: async (walletId) => (await app.request('GET', `/v1/wallets/${walletId}`)).body,
  };
  const rate = { unit: 'minute', rate_micros_per_minute: MINUTE, increment: '1/1' };
  await desk.put('/v1/prices/voice_minute', { ...rate, currency: 'usd' });
  return desk;
}
