import { expect, test } from 'vitest';
import type { Answer, Client } from '../../acceptance/client.ts';
import { startLoad } from './load.ts';

const LOST: Answer = { status: 0, body: {}, text: '', replayed: false };

/** As when everything is down. */
const nobody: Client = {
  get: async () => LOST,
  post: async () => LOST,
  put: async () => LOST,
  raw: async () => LOST,
};

test('clients that nobody answers end at once when the run is given up', async () => {
  const tenant = {
    organizationId: 'org_1',
    walletId: 'wal_1',
    agencyWalletId: 'wal_2',
    retailMicros: 1,
    wholesaleMicros: 1,
    partition: 0,
  };
  const load = startLoad(nobody, [tenant]);
  await expect.poll(() => load.figures.unanswered.length).toBeGreaterThan(3);
  const from = performance.now();
  await load.abandon();
  expect(performance.now() - from).toBeLessThan(60_000);
  expect(load.figures.acknowledged).toEqual([]);
});
