import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { madeOrganization, type TestDirectory, testDirectory } from './test-directory.ts';

let world: TestDirectory;
beforeAll(async () => {
  world = await testDirectory();
});
afterAll(() => world.stop());

const request = (key: string, fingerprint = 'body') => ({ scope: 'platform', key, fingerprint });

async function making(name = 'once') {
  const organization = await madeOrganization(world.first, name);
  return { organization, currency: 'usd', name };
}

describe('a create under a key', () => {
  test('makes one row however many processes ask at once, and tells all the same', async () => {
    const input = await making();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => {
        const { requestAnswers, wallets } = n % 2 === 0 ? world.first : world.second;
        return requestAnswers.once(request('raced'), wallets.creating(input), ({ id }) => ({ id }));
      }),
    );
    const made = answers.flatMap((answer) => (answer.status === 'made' ? [answer.made] : []));
    expect(made).toHaveLength(1);
    const replays = answers.filter((answer) => answer.status !== 'made');
    for (const replay of replays) {
      expect(replay).toEqual({ status: 'replayed', answer: { id: made[0]?.id } });
    }
    const rows = await world.sql`
      select 1 from wallets where organization_id = ${input.organization.id}`;
    expect(rows).toHaveLength(1);
  });

  test('that failed leaves the key free', async () => {
    const { requestAnswers, wallets } = world.first;
    const input = await making();
    const answerOf = () => ({});
    const failing = requestAnswers.once(
      request('failed'),
      async (tx, changed) => {
        await wallets.creating(input)(tx, changed);
        throw new Error('after the row');
      },
      answerOf,
    );
    await expect(failing).rejects.toThrow('after the row');
    const again = await requestAnswers.once(request('failed'), wallets.creating(input), answerOf);
    expect(again.status).toBe('made');
    const rows = await world.sql`
      select 1 from wallets where organization_id = ${input.organization.id}`;
    expect(rows).toHaveLength(1);
  });

  test('conflicts with another body, and not with another scope', async () => {
    const { requestAnswers, wallets } = world.first;
    const once = async (asked: ReturnType<typeof request>) => {
      const write = wallets.creating(await making());
      return (await requestAnswers.once(asked, write, () => ({}))).status;
    };
    expect(await once(request('scoped'))).toBe('made');
    expect(await once(request('scoped', 'another body'))).toBe('idempotency_conflict');
    expect(await once({ ...request('scoped'), scope: 'org_1' })).toBe('made');
  });

  test('a wallet made by one process is seen by the other at once', async () => {
    const input = await making();
    const { id } = await world.second.defaultWallets.find(input.organization, 'usd');
    const { requestAnswers, wallets } = world.first;
    await requestAnswers.once(request('seen'), wallets.creating(input), () => ({}));
    const page = await world.second.wallets.list({
      organizationId: input.organization.id,
      limit: 10,
    });
    expect(page.data.map((wallet) => wallet.id)).toContain(id);
    expect(page.data).toHaveLength(2);
  });
});
