/**
 * Redis comes back from an append-only file that ends at any of its bytes. What comes back is the longer
 * of two beginnings of what happened: what the file still says, and what the ledger has.
 */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callHoldId } from '../../engine/index.ts';
import { isCluster, testRedis } from '../../testing/services.ts';
import { callInput, type EngineWorld, engineWorld, until } from '../test/engine-world.ts';

let world: EngineWorld;
beforeAll(async () => {
  world = await engineWorld(() => testRedis(['--appendfsync', 'always']));
});
afterAll(() => world.stop());

const PARTITION = 1;
/** So many steps are in the ledger when Redis dies. */
const FLUSHED = 3;

interface Step {
  /** Length of the file once the step was acknowledged. */
  readonly bytes: number;
  /** Posted and held of client and agency then. */
  readonly figures: readonly (readonly [posted: number, held: number])[];
  /** Rows of the client by then: one of each of its mutations. */
  readonly rows: number;
}

function file(): string {
  const folder = path.join(world.redis.dir, 'appendonlydir');
  const sequence = (name: string) => Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1] ?? 0);
  const [newest = ''] = fs.readdirSync(folder).sort((a, b) => sequence(b) - sequence(a));
  return path.join(folder, newest);
}

const EXEC = '$4\r\nEXEC\r\n';

/** Where the one transaction in this part of the file ends: the clock's proof may have been written behind it. */
function endOfStep(from: number, to: number): number {
  const part = fs.readFileSync(file()).subarray(from, to);
  const at = part.lastIndexOf(EXEC);
  if (at < 0) throw new Error('the step is not in the file');
  return from + at + EXEC.length;
}

async function lookAt(wallets: readonly string[]): Promise<Omit<Step, 'bytes'>> {
  const found = await world.engine.wallets(PARTITION, wallets);
  const all = wallets.flatMap((id) => found.get(id) ?? []);
  const figures = all.map(({ postedMicros, heldMicros }) => [postedMicros, heldMicros] as const);
  return { figures, rows: all[0]?.sequence ?? 0 };
}

async function rowsOf(walletId: string): Promise<number> {
  const [row] = await world.sql<{ rows: number }[]>`
    SELECT count(*)::int AS rows FROM ledger_entries WHERE wallet_id = ${walletId}`;
  return row?.rows ?? 0;
}

/**
 * Cut within a command of a transaction, Redis 7.0 leaves what comes before that command in the file, without
 * an end: the next transaction's end would carry it out at the load after this one.
 */
async function rewrite(): Promise<void> {
  const redis = await world.redis.connect();
  await world.engine.opened();
  await redis.bgrewriteaof();
  await until(async () => /aof_rewrite_in_progress:0/.test(await redis.info('persistence')));
  redis.disconnect();
}

/** What a client and its agency go through; each step is one mutation. */
function story(name: string, client: string, agency: string): (() => Promise<unknown>)[] {
  const { engine, organizationId, deposit } = world;
  const request = (key: string) =>
    ({ kind: 'request', scope: organizationId, key: `${name} ${key}`, fingerprint: 'f' }) as const;
  const call = (id: string) =>
    callInput(organizationId, PARTITION, [client, agency], `${name} ${id}`);
  // A call would be presented again by this process, which remembers it.
  const held = call('open');
  const amounts = held.legs.map((leg) => ({ ...leg, amountMicros: 9_000 }));
  const holdId = (id: string) => callHoldId(organizationId, `${name} ${id}`);
  const money = { partition: PARTITION, organizationId };
  return [
    () => deposit(PARTITION, client, 1_000_000, `${name} client`),
    () => deposit(PARTITION, agency, 1_000_000, `${name} agency`),
    () => engine.authorize(call('ended')),
    () => engine.start({ partition: PARTITION, holdId: holdId('ended') }),
    () => world.endCall(PARTITION, `${name} ended`, 7),
    () =>
      engine.transfer({
        ...{ ...money, request: request('transfer'), amountMicros: 11_000 },
        ...{ fromWalletId: agency, toWalletId: client },
      }),
    () => engine.authorize({ ...held, kind: 'amount', callId: '', legs: amounts }),
    () =>
      engine.charge({
        ...{ ...money, request: request('charge'), overdraft: true, unbilled: false },
        legs: [{ walletId: client, role: 'client', amountMicros: 500 }],
      }),
  ];
}

const STEPS = 8;
/** The step that makes a hold which is not ended. */
const OPENED = 6;
const CUTS = Array.from({ length: STEPS }, (_, kept): [kept: number, share: number] => [
  kept,
  kept % 2 === 0 ? 0 : Math.random(),
]);

test.skipIf(isCluster).each(CUTS)(
  'the file ends after %i steps and the share %f of the next',
  async (kept, share) => {
    const [client, agency] = [await world.wallet(PARTITION), await world.wallet(PARTITION)];
    const wallets = [client, agency];
    const steps: Step[] = [];
    const note = async () => {
      steps.push({ bytes: fs.statSync(file()).size, ...(await lookAt(wallets)) });
    };
    await lookAt(wallets);
    await note();
    for (const [n, step] of story(client, client, agency).entries()) {
      await step();
      await note();
      if (n + 1 !== FLUSHED) continue;
      const flusher = world.flusher('before');
      await world.flushed();
      await flusher.stop();
      // What Redis was told of the commit is no step.
      steps[FLUSHED] = { ...steps[FLUSHED], bytes: fs.statSync(file()).size } as Step;
    }
    await world.redis.kill9();
    const [from = 0, to = 0] = [steps[kept]?.bytes, steps[kept + 1]?.bytes];
    const next = share === 0 ? 0 : endOfStep(from, to) - from;
    fs.truncateSync(file(), from + Math.floor(share * next));
    await world.redis.restart();

    const survived = Math.max(kept, FLUSHED);
    const expected = steps[survived];
    await until(() =>
      lookAt(wallets).then(
        () => true,
        () => false,
      ),
    );
    const { figures, rows } = expected ?? {};
    expect(await lookAt(wallets)).toEqual({ figures, rows });
    const suspects = world.gate.flatMap((event) =>
      event.kind === 'partition' ? [...event.result.forked, ...event.result.ahead] : [],
    );
    expect(suspects).toEqual([]);
    const open = callHoldId(world.organizationId, `${client} open`);
    expect((await world.engine.hold(PARTITION, open)) !== undefined).toBe(survived > OPENED);
    await world.deposit(PARTITION, client, 1, `${client} afterwards`);
    const flusher = world.flusher('after');
    await world.flushed();
    await flusher.stop();
    expect(await world.sql`SELECT kind, detail FROM ledger_quarantine`).toEqual([]);
    expect(await rowsOf(client)).toBe((rows ?? 0) + 1);
    expect(await world.verify()).toEqual([]);
    await rewrite();
  },
);
