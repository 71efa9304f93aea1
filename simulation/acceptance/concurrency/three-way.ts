/** Capture, void and expiry of one hold at the same moment: one wins, the others are told (I4). */
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../../../scripts/processes.mjs';
import { type Claim, same, tally } from '../claims.ts';
import { type Answer, type Client, codeOf, detailsOf, expected } from '../client.ts';
import { figures, organization, wallet } from '../tenants.ts';

const AMOUNT = 10_000;
const CAPTURED = 4_000;
const TTL_MS = 1_000;
/** When a hold is captured and voided, around the end of its time; a request takes a while itself. */
const EARLIEST_MS = -100;
const LATEST_MS = 30;
const SETTLED_MS = 60_000;

export function threeWayClaim(client: Client, races: number): Claim {
  return {
    name: `${races} three-way races of capture, void and expiry: one winner each, losers told`,
    prove: () => threeWay(client, races),
  };
}

async function threeWay(client: Client, races: number): Promise<string> {
  const walletId = await wallet(client, await organization(client), races * AMOUNT);
  const winners: string[] = [];
  const batch = 50;
  for (let run = 0; run < races; run += batch) {
    const size = Math.min(batch, races - run);
    winners.push(
      ...(await Promise.all(Array.from({ length: size }, () => race(client, walletId)))),
    );
  }
  const counts = tally(winners);
  const money = async () => {
    const { posted, held } = await figures(client, walletId);
    return held === 0 && posted === races * AMOUNT - (counts.captured ?? 0) * CAPTURED;
  };
  if (!(await waitUntil(money, SETTLED_MS, 100))) {
    const { posted, held } = await figures(client, walletId);
    throw new Error(`posted ${posted}, held ${held} after ${JSON.stringify(counts)}`);
  }
  for (const way of ['captured', 'voided', 'expired']) {
    if ((counts[way] ?? 0) === 0) throw new Error(`nothing was ever ${way}: no race at all`);
  }
  return Object.entries(counts)
    .map(([way, count]) => `${count} ${way}`)
    .join(', ');
}

/** Answers the state the hold ended in. */
async function race(client: Client, walletId: string): Promise<string> {
  const body = { wallet_id: walletId, amount_micros: AMOUNT, ttl_seconds: TTL_MS / 1000 };
  const made = expected(201, 'hold', await client.post('/v1/holds', body));
  const endsAt = Date.parse(String(made.expires_at));
  const path = `/v1/holds/${made.id}`;
  const spread = () => EARLIEST_MS + Math.random() * (LATEST_MS - EARLIEST_MS);
  const near = () => pause(endsAt - Date.now() + spread());
  const [captured, voided] = await Promise.all([
    near().then(() => client.post(`${path}/capture`, { amount_micros: CAPTURED })),
    near().then(() => client.post(`${path}/void`, {})),
  ]);
  const ended = async () => (await client.get(path)).body.state !== 'authorized';
  if (!(await waitUntil(ended, SETTLED_MS, 100))) throw new Error(`${made.id} never ended`);
  const { body: hold } = await client.get(path);
  const state = String(hold.state);
  judge('capture', captured, 'captured', state);
  judge('void', voided, 'voided', state);
  const won = [captured, voided].filter((answer) => answer.status === 200).length;
  same(`winners of ${made.id}, ${state}`, won, state === 'expired' ? 0 : 1);
  return state;
}

/** The winner reads its own end; a loser is told the winner's. */
function judge(verb: string, answer: Answer, own: string, state: string): void {
  if (answer.status === 200) {
    same(`${verb} won`, answer.body.state, own);
    same(`${verb} lasts`, state, own);
    return;
  }
  same(`${verb} lost`, [answer.status, codeOf(answer)], [409, 'hold_closed']);
  const { hold } = detailsOf(answer);
  same(`${verb} is told`, (hold as { state?: string } | undefined)?.state, state);
}
