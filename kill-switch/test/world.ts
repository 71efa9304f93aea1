/** The real engine on a Redis and a database of the test file's own, and a clock that tests set. */
import { createSecretKey, randomBytes } from 'node:crypto';
import {
  type AuthorizeInput,
  callHoldId,
  createConnection,
  createEngine,
  type Engine,
  keys,
  newId,
  packPartitionState,
  unpackPartitionState,
} from '../../engine/index.ts';
import {
  connect,
  createDirectory,
  createLedgerSource,
  createRecoverySource,
  type Directory,
  ensurePartitions,
  type Organization,
} from '../../persistence/index.ts';
import { type TestRedis, testDatabase, testRedis } from '../../testing/services.ts';

const PARTITION = 0;

export interface World {
  engine: Engine;
  redis: TestRedis;
  organization: Organization;
  /** Sets the engine's clock; it stands there until it is set again. */
  setClock(nowMs: number): Promise<void>;
  wallet(depositMicros: number): Promise<string>;
  deposit(walletId: string, amountMicros: number): Promise<void>;
  /** A call of $0.60 a minute at 1/1: a second costs 10,000 micros. Answers its hold id. */
  authorize(walletId: string, fields?: Partial<AuthorizeInput>): Promise<string>;
  /** What `authorize` asks for. */
  callOf(walletId: string): AuthorizeInput;
  hold(holdId: string): ReturnType<Engine['hold']>;
  stop(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const [redis, database] = await Promise.all([testRedis(), testDatabase()]);
  const open = () => connect(database.url, { max: 4, applicationName: 'kill-switch-test' });
  const sql = open();
  await ensurePartitions(sql, 1);
  const chainKey = createSecretKey(randomBytes(32));
  const engine = await createEngine({
    redisUrl: redis.url,
    partitions: 1,
    ledger: createLedgerSource(sql),
    recovery: createRecoverySource(sql, chainKey, open),
  });
  await engine.opened();
  const directory = createDirectory(sql, { partitions: 1, keyMode: 'test' });
  const made = await directory.organizations.create({ name: 'Caller' });
  if (made.status !== 'created') throw new Error(made.status);
  const world = worldOf(engine, redis, directory, made.organization);
  return {
    ...world,
    async stop() {
      await engine.stop();
      await directory.stop();
      await sql.end({ timeout: 1 });
      await redis.stop();
      await database.drop();
    },
  };
}

function worldOf(
  engine: Engine,
  redis: TestRedis,
  directory: Directory,
  organization: Organization,
): Omit<World, 'stop'> {
  const organizationId = organization.id;
  async function deposit(walletId: string, amountMicros: number): Promise<void> {
    const key = newId('req');
    const request = { kind: 'request', scope: organizationId, key, fingerprint: key } as const;
    const credit = { partition: PARTITION, request, organizationId, walletId, amountMicros };
    const reply = await engine.credit({ ...credit, kind: 'deposit' });
    if (reply.status !== 'done') throw new Error(reply.status);
  }
  return {
    engine,
    redis,
    organization,
    deposit,
    setClock: (nowMs) => setClock(redis, nowMs),
    hold: (holdId) => engine.hold(PARTITION, holdId),
    callOf: (walletId) => callOf(organizationId, walletId),
    async wallet(depositMicros) {
      const { id } = await directory.wallets.create({ organization, currency: 'usd' });
      await deposit(id, depositMicros);
      return id;
    },
    async authorize(walletId, fields = {}) {
      const input = { ...callOf(organizationId, walletId), ...fields };
      const reply = await engine.authorize(input);
      if (reply.status !== 'done') throw new Error(reply.status);
      return input.holdId;
    },
  };
}

function callOf(organizationId: string, walletId: string): AuthorizeInput {
  const callId = newId('req');
  return {
    partition: PARTITION,
    request: { kind: 'call', scope: organizationId, key: callId, fingerprint: 'f' },
    holdId: callHoldId(organizationId, callId),
    organizationId,
    kind: 'call',
    callId,
    hasProvider: false,
    ttlMs: 0,
    maxDurationMs: 3_600_000,
    capFloorMs: 0,
    policy: {
      minimumMs: 60_000,
      quantumMs: 75_000,
      warnMs: 30_000,
      leadMs: 3_000,
      ringMs: 120_000,
      heartbeatMs: 300_000,
      endMessageMs: 0,
    },
    unbilled: false,
    legs: [
      {
        walletId,
        role: 'client',
        amountMicros: 0,
        price: {
          rateMicrosPerMinute: 600_000,
          initialMs: 1_000,
          subsequentMs: 1_000,
          connectionFeeMicros: 0,
          minimumMicros: 0,
        },
      },
    ],
  };
}

/** The partition's state holds a clock for tests alone: nothing else writes it. */
async function setClock(redis: TestRedis, nowMs: number): Promise<void> {
  const connection = createConnection(redis.url);
  await connection.connect();
  const key = keys.partition(PARTITION);
  const state = unpackPartitionState((await connection.getBuffer(key)) ?? undefined);
  await connection.set(key, packPartitionState({ ...state, testNowMs: nowMs, nowMs }));
  connection.disconnect();
}
