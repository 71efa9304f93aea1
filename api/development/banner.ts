import type { Core } from '../compose/core.ts';
import { type Demo, ensureDemo } from './demo.ts';

/** Prints where Ringfence listens, the development key, and three calls that work in order. */
export async function printBanner(core: Core, url: string): Promise<void> {
  await core.engine.opened();
  const demo = await ensureDemo(core);
  process.stdout.write(bannerText(url, core.config.RINGFENCE_ADMIN_KEY, demo));
}

/** The banner. The calls are numbered by the wallet, which is new whenever the last one was used. */
export function bannerText(url: string, key: string, demo: Demo): string {
  const run = demo.walletId.slice(-6);
  const call = (number: number) =>
    JSON.stringify({
      call_id: `demo-${run}-${number}`,
      organization_id: demo.organizationId,
      wallet_id: demo.walletId,
    });
  const post = (path: string, body: string, headers: string[] = []) =>
    [
      `curl -sS ${url}${path}`,
      ...[`Authorization: Bearer ${key}`, 'Content-Type: application/json', ...headers].map(
        (header) => `-H '${header}'`,
      ),
      `-d '${body}'`,
    ].join(' \\\n    ');
  const deposit = JSON.stringify({ kind: 'deposit', amount_micros: 1_000_000 });
  return `
  Ringfence is ready.

    url        ${url}
    key        ${key}
    reference  ${url}/docs

  1. Put one dollar into the demo wallet:

  ${post(`/v1/wallets/${demo.walletId}/credits`, deposit, [`Idempotency-Key: demo-${run}`])}

  2. Authorize a call at $0.50 a minute; its first 75 seconds are held:

  ${post('/v1/calls', call(1))}

  3. A second call: what is left does not pay for a minute, so it is refused (402):

  ${post('/v1/calls', call(2))}

  Stop with Ctrl-C.

`;
}
