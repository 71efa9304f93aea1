import { expect, test } from 'vitest';
import { ProviderOutage } from '../client.ts';
import { pageAgain } from './page-again.ts';

/** Fails so often, then answers; counts the questions. */
function pages(failures: number, error: Error) {
  let asked = 0;
  return {
    asked: () => asked,
    async ask() {
      asked += 1;
      if (asked <= failures) throw error;
      return 'page';
    },
  };
}

const trouble = (status?: number) => new ProviderOutage('vapi', 'trouble', status);

test.each([500, 503, 429])('a page that fails with %s is asked for again', async (status) => {
  const { ask, asked } = pages(2, trouble(status));
  expect(await pageAgain(ask)).toBe('page');
  expect(asked()).toBe(3);
});

test('a provider that goes on failing is an outage after four attempts', async () => {
  const { ask, asked } = pages(99, trouble(503));
  await expect(pageAgain(ask)).rejects.toBeInstanceOf(ProviderOutage);
  expect(asked()).toBe(4);
});

test.each([
  ['wrong credentials', trouble(401)],
  ['an answer that is no list, or none', trouble()],
  ['a bug', new TypeError('bug')],
])('%s is not asked about again', async (_, error) => {
  const { ask, asked } = pages(1, error);
  await expect(pageAgain(ask)).rejects.toBe(error);
  expect(asked()).toBe(1);
});
