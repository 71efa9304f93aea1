import { expect, test } from 'vitest';
import type { Answer, Client } from '../../acceptance/client.ts';
import { startLoad } from './load.ts';

const LOST: Answer = { status: 0, body: {}, text: '', replayed: false, sentAtMs: 0 };

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
  // They would ask on for minutes: longer than a test may take.
  await load.abandon();
  expect(load.figures.acknowledged).toEqual([]);
});
