import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Wallet } from '../../persistence/index.ts';
import type { Core } from '../compose/core.ts';

/** What the printed calls need to exist. */
export interface Demo {
  organizationId: string;
  walletId: string;
}

const demoSchema = z.object({ organizationId: z.string(), walletId: z.string() });

/** $0.50 a minute: a deposit of $1 starts one call and not a second. */
const DEMO_RATE_MICROS_PER_MINUTE = 500_000;

/**
 * An organization with a price and an unused wallet, so that the printed calls work in order on
 * every start. Which ones is remembered in the data directory; a wallet that was used is left as it
 * is and a new one made.
 */
export async function ensureDemo(core: Core): Promise<Demo> {
  const path = join(core.config.RINGFENCE_DATA_DIR, 'demo.json');
  const known = readDemo(path);
  const wallet = known && (await unusedWallet(core, known.walletId));
  if (wallet !== undefined) return { organizationId: wallet.organizationId, walletId: wallet.id };
  const organizationId = await demoOrganization(core, known?.organizationId);
  const organization = await core.directory.organizations.get(organizationId);
  if (organization === undefined) throw new Error('the demo organization is gone');
  const made = await core.directory.wallets.create({ organization, currency: 'usd', name: 'Demo' });
  const demo = { organizationId, walletId: made.id };
  writeFileSync(path, `${JSON.stringify(demo)}\n`);
  return demo;
}

function readDemo(path: string): Demo | undefined {
  try {
    return demoSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

async function unusedWallet({ directory, engine }: Core, id: string): Promise<Wallet | undefined> {
  const wallet = await directory.wallets.get(id);
  if (wallet === undefined) return undefined;
  const states = await engine.wallets(wallet.partition, [id]);
  return states.get(id)?.sequence === 0 ? wallet : undefined;
}

async function demoOrganization({ directory }: Core, knownId: string | undefined): Promise<string> {
  if (knownId !== undefined && (await directory.organizations.get(knownId))) return knownId;
  const made = await directory.organizations.create({ name: 'Demo' });
  if (made.status !== 'created') throw new Error(`no demo organization: ${made.status}`);
  await directory.prices.put({
    organizationId: made.organization.id,
    book: 'retail',
    service: 'voice_minute',
    unit: 'minute',
    rateMicrosPerMinute: DEMO_RATE_MICROS_PER_MINUTE,
    unitPriceMicros: null,
    initialSeconds: 1,
    subsequentSeconds: 1,
    exact: false,
    connectionFeeMicros: 0,
    minimumMicros: 0,
    currency: 'usd',
  });
  return made.organization.id;
}
