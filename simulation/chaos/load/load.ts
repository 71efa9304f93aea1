/**
 * Mixed load from careful clients, as long as it is wanted. Calls, money of the default durability
 * and money that waits for the ledger each have clients of their own: while Postgres is away the
 * last stand still and must not keep the others from going on.
 */
import type { Client } from '../../acceptance/client.ts';
import { emptyFigures, type LoadFigures } from '../accounts/acknowledged.ts';
import { call, move, type Tenant, transfer } from './errands.ts';
import { below, Teller } from './teller.ts';

export interface Load {
  readonly figures: LoadFigures;
  /** Lets every client finish what it has begun. */
  stop(): Promise<void>;
  /** For a blow that failed: ends every client where it is. Never rejects. */
  abandon(): Promise<void>;
  /** `count` mutations at once, acknowledged by Redis alone. */
  burst(count: number): Promise<void>;
}

type Errand = () => Promise<void>;

/** A gate may be shut for milliseconds only; somebody is to see it, and so one client asks again at once. */
const EAGER_RETRY_MS = 1;

export function startLoad(client: Client, tenants: readonly Tenant[]): Load {
  const figures = emptyFigures();
  const teller = new Teller(client, figures);
  const eager = new Teller(client, figures, EAGER_RETRY_MS);
  let stopping = false;
  const goRound = async (errands: readonly Errand[]) => {
    while (!stopping) await errands[below(errands.length)]?.();
  };
  const shifts = tenants.flatMap((tenant, n) =>
    shiftsOf(teller, tenant, tenants[(n + 1) % tenants.length] ?? tenant),
  );
  const bonuses = tenants.map((tenant) => () => move(eager, tenant, 'bonus', false));
  const working = Promise.all([...shifts, bonuses].map(goRound));
  // Whoever stops the load hears of a failure; until then it must not count as unhandled.
  working.catch(() => undefined);
  return {
    figures,
    async stop() {
      stopping = true;
      await working;
    },
    async abandon() {
      stopping = true;
      teller.abandon();
      eager.abandon();
      await working.catch(() => undefined);
    },
    async burst(count) {
      const payers = Array.from({ length: count }, (_, n) => tenants[n % tenants.length]);
      await Promise.all(payers.map((one) => one && move(teller, one, 'bonus', false)));
    },
  };
}

/** @param neighbour whose wallet lies, as a rule, in another partition */
function shiftsOf(teller: Teller, tenant: Tenant, neighbour: Tenant): Errand[][] {
  const { walletId, agencyWalletId } = tenant;
  return [
    [() => call(teller, tenant)],
    [
      () => move(teller, tenant, 'charge', false),
      () => move(teller, tenant, 'bonus', false),
      () => transfer(teller, agencyWalletId, walletId, false),
    ],
    [
      () => move(teller, tenant, 'charge', true),
      () => move(teller, tenant, 'deposit', true),
      () => transfer(teller, walletId, neighbour.walletId, true),
    ],
  ];
}
