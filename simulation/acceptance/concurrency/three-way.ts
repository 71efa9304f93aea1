/** Capture, void and expiry of one hold at the same moment: one wins, the others are told (I4). */
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../../../scripts/processes.mjs';
import { type Claim, same, tally } from '../claims.ts';
import { type Answer, type Client, codeOf, detailsOf, expected } from '../client.ts';
import { figures, organization, wallet } from '../tenants.ts';

const AMOUNT = 10_000;
const CAPTURED = 4_000;
const BATCH = 50;
const WAYS = ['captured', 'voided', 'expired'] as const;
/**
 * A hold is captured and voided at a moment between so long before the end of its time and so long after
 * it. A request takes a while itself: the lead follows what the races before have ended in.
 */
const LEAD_MS = 100;
const LEAD_MS_MIN = 25;
const LEAD_MS_MAX = 12_800;
const LATEST_MS = 30;
/** From the start of the earliest request back to the making of its hold. */
const AHEAD_MS = 900;
/** Further races where one of the three never won: no race at all proves nothing. */
const RACES_MORE_MAX = 20 * BATCH;
const SETTLED_MS = 60_000;

export function threeWayClaim(client: Client, races: number): Claim {
  return {
    name: `${races} three-way races of capture, void and expiry: one winner each, losers told`,
    prove: () => threeWay(client, races),
  };
}

async function threeWay(client: Client, races: number): Promise<string> {
  const most = races + RACES_MORE_MAX;
  const walletId = await wallet(client, await organization(client), most * AMOUNT);
  const winners: string[] = [];
  const missing = () => WAYS.filter((way) => !winners.includes(way));
  let leadMs = LEAD_MS;
  while (winners.length < races || (missing().length > 0 && winners.length < most)) {
    const left = winners.length < races ? races - winners.length : BATCH;
    const racing = Array.from({ length: Math.min(BATCH, left) }, () =>
      race(client, walletId, leadMs),
    );
    const ended = await Promise.all(racing);
    winners.push(...ended);
    leadMs = leadAfter(leadMs, ended);
  }
  const counts = tally(winners);
  const money = async () => {
    const { posted, held } = await figures(client, walletId);
    return held === 0 && posted === most * AMOUNT - (counts.captured ?? 0) * CAPTURED;
  };
  if (!(await waitUntil(money, SETTLED_MS, 100))) {
    const { posted, held } = await figures(client, walletId);
    throw new Error(`posted ${posted}, held ${held} after ${JSON.stringify(counts)}`);
  }
  for (const way of missing()) throw new Error(`nothing was ever ${way}: no race at all`);
  return Object.entries(counts)
    .map(([way, count]) => `${count} ${way}`)
    .join(', ');
}

/** On a slow machine requests have to leave earlier, to arrive around the end of the hold's time. */
function leadAfter(leadMs: number, ended: readonly string[]): number {
  const expired = ended.filter((state) => state === 'expired').length;
  if (expired > ended.length * 0.75) return Math.min(LEAD_MS_MAX, leadMs * 2);
  if (expired < ended.length * 0.05) return Math.max(LEAD_MS_MIN, leadMs / 2);
  return leadMs;
}

/** Answers the state the hold ended in. */
async function race(client: Client, walletId: string, leadMs: number): Promise<string> {
  const ttl = Math.ceil((leadMs + AHEAD_MS) / 1_000);
  const body = { wallet_id: walletId, amount_micros: AMOUNT, ttl_seconds: ttl };
  const made = expected(201, 'hold', await client.post('/v1/holds', body));
  const endsAt = Date.parse(String(made.expires_at));
  const path = `/v1/holds/${made.id}`;
  const spread = () => Math.random() * (leadMs + LATEST_MS) - leadMs;
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
