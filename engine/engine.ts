// The engine: connections, gate, and one method per verb. Each verb is one script in engine/lua.

import { authorize } from './authorize.ts';
import { createConnection } from './connection.ts';
import type { EngineContext } from './context.ts';
import { createEnforcement, type Enforcement } from './enforcement.ts';
import type { ErrorCode } from './errors.ts';
import { createGate, type Gate, type GateEvent } from './gate/gate.ts';
import type { HoldState, WalletState } from './generated/layouts.ts';
import { type BacklogGauge, createGuard, GUARD_DEFAULTS, type GuardLimits } from './guard.ts';
import { createHoldLegs } from './hold-legs.ts';
import { createJournal, type Journal } from './journal.ts';
import type { LedgerSource } from './ledger-source.ts';
import { createLoader } from './loader.ts';
import type { RecoverySource } from './recovery-source.ts';
import { createRecent } from './represent.ts';
import { createRunner, measured, type OnScript } from './runner.ts';
import { unloadWallet } from './unload.ts';
import { createVerbs } from './verbs.ts';

export interface EngineOptions {
  /** redis://, rediss://, unix: or redis+sentinel:// */
  readonly redisUrl: string;
  /** Fixed at first boot. */
  readonly partitions: number;
  readonly ledger: LedgerSource;
  readonly recovery: RecoverySource;
  /** How long answers and tombstones stay in Redis after they are in the ledger; default 72 h. */
  readonly hotRecordsMs?: number;
  readonly guard?: Partial<GuardLimits>;
  readonly onGate?: (event: GateEvent) => void;
  /** Told of every script call, for metrics: keep it cheap. */
  readonly onScript?: OnScript;
  /** Told of every new hold or charge that was refused before its script: backlog, memory. */
  readonly onNotAdmitted?: (code: ErrorCode) => void;
}

const HOT_RECORDS_MS = 72 * 3_600_000;

export type Engine = Awaited<ReturnType<typeof createEngine>>;

/** Connects and starts; does not wait for the gate: see `opened()`. */
export async function createEngine(options: EngineOptions) {
  const hotRecordsMs = options.hotRecordsMs ?? HOT_RECORDS_MS;
  const redis = createConnection(options.redisUrl);
  const blocking = createConnection(options.redisUrl, 'blocking');
  const recent = createRecent();
  let reopen: () => void = () => undefined;
  const gate: Gate = createGate({
    ...options,
    hotRecordsMs,
    onEvent(event) {
      options.onGate?.(event);
      if (event.kind === 'opened') reopen();
    },
  });
  const bare = createRunner(redis, gate.lost, gate.shielded);
  const runner = options.onScript ? measured(bare, options.onScript) : bare;
  const legs = createHoldLegs();
  const loader = createLoader(runner, options.ledger, legs, hotRecordsMs);
  const guard = createGuard(
    redis,
    options.partitions,
    { ...GUARD_DEFAULTS, ...options.guard },
    options.onNotAdmitted,
  );
  const context: EngineContext = {
    runner,
    loader,
    ledger: options.ledger,
    legs,
    async recall(holdId) {
      const input = recent.get(holdId);
      return input !== undefined && (await authorize(context, input)).status === 'done';
    },
    admit: guard.admit,
  };
  reopen = () => {
    for (const { holdId } of recent.list()) void context.recall(holdId).catch(() => undefined);
  };
  const journal: Journal = createJournal(redis, blocking, runner);
  const enforcement: Enforcement = createEnforcement(runner);
  // Nothing is sent on a new connection before its master has been compared with the recorded one.
  redis.on('close', () => gate.disconnected());
  redis.on('ready', () => gate.lost('a new connection'));
  await Promise.all([redis.connect(), blocking.connect()]);

  return {
    partitions: options.partitions,
    journal,
    ...enforcement,
    ...createVerbs(context, recent),
    /** The hold as Redis has it, loaded from the ledger if need be. */
    hold: (partition: number, holdId: string): Promise<HoldState | undefined> =>
      loader.hold(partition, holdId),
    /** Wallets as Redis has them, loaded if need be; ids that do not exist are left out. */
    async wallets(partition: number, ids: readonly string[]): Promise<Map<string, WalletState>> {
      const found = await loader.peek(partition, ids);
      const absent = ids.filter((id) => !found.has(id));
      if (absent.length === 0) return found;
      await loader.loadWallets(partition, absent);
      for (const [id, wallet] of await loader.peek(partition, absent)) found.set(id, wallet);
      return found;
    },
    /** Wallets that are in Redis now, without loading. */
    peekWallets: loader.peek,
    unload: (partition: number, walletId: string, ledgerSequence: number) =>
      unloadWallet(runner, partition, walletId, ledgerSequence),
    status: (): { gate: 'open' | 'recovering'; redis: string; backlog: BacklogGauge } => ({
      gate: gate.state(),
      redis: redis.status,
      backlog: guard.gauge(),
    }),
    opened: () => gate.opened(),
    closeGate: (why: string) => gate.close(why),
    async stop(): Promise<void> {
      guard.stop();
      await gate.stop();
      redis.disconnect();
      blocking.disconnect();
    },
  };
}
