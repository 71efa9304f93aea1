// The engine: connections, gate, and one method per verb. Each verb is one script in engine/lua.

import { authorize } from './authorize.ts';
import type { ClockEvent } from './clock/timekeeper.ts';
import { type ClockStatus, createTimekeepers } from './clock/timekeepers.ts';
import type { EngineContext } from './context.ts';
import { createEnforcement, type Enforcement } from './enforcement.ts';
import type { ErrorCode } from './errors.ts';
import type { GateEvent } from './gate/gate.ts';
import type { HoldState } from './generated/layouts.ts';
import { type BacklogGauge, createGuard, GUARD_DEFAULTS, type GuardLimits } from './guard.ts';
import { createHoldLegs } from './hold-legs.ts';
import { createJournal, type Journal } from './journal.ts';
import type { LedgerSource } from './ledger-source.ts';
import { createLoader } from './loader.ts';
import { createEngineNodes, type MastersStatus } from './nodes/engine-nodes.ts';
import type { RecoverySource } from './recovery-source.ts';
import { createRecent } from './represent.ts';
import { createRunner, type OnScript } from './runner.ts';
import { unloadWallet } from './unload.ts';
import { createVerbs } from './verbs.ts';

export interface EngineOptions {
  /** redis://, rediss://, unix:, redis+sentinel:// or redis+cluster:// */
  readonly redisUrl: string;
  /** Fixed at first boot. */
  readonly partitions: number;
  readonly ledger: LedgerSource;
  readonly recovery: RecoverySource;
  /** How long answers and tombstones stay in Redis after they are in the ledger; default 72 h. */
  readonly hotRecordsMs?: number;
  readonly guard?: Partial<GuardLimits>;
  readonly onGate?: (event: GateEvent) => void;
  /** Told when Redis' clock jumped, or when nobody can say what the time is. */
  readonly onClock?: (event: ClockEvent) => void;
  /** Told of every script call, for metrics: keep it cheap. */
  readonly onScript?: OnScript;
  /** Told of every new hold or charge that was refused before its script: backlog, memory. */
  readonly onNotAdmitted?: (code: ErrorCode) => void;
}

export interface EngineStatus extends MastersStatus {
  readonly backlog: BacklogGauge;
  readonly clock: ClockStatus;
}

const HOT_RECORDS_MS = 72 * 3_600_000;

export type Engine = Awaited<ReturnType<typeof createEngine>>;

/** Connects and starts; does not wait for the gate: see `opened()`. */
export async function createEngine(options: EngineOptions) {
  const hotRecordsMs = options.hotRecordsMs ?? HOT_RECORDS_MS;
  const recent = createRecent();
  let reopen: () => void = () => undefined;
  const timekeepers = createTimekeepers({ ...options, hotRecordsMs });
  const { nodes, opened, ...masters } = await createEngineNodes({
    ...options,
    hotRecordsMs,
    prove: timekeepers.prove,
    onEvent(event) {
      options.onGate?.(event);
      if (event.kind === 'opened') reopen();
    },
  });
  const bare = createRunner(nodes);
  timekeepers.start(nodes, bare);
  const runner = options.onScript ? createRunner(nodes, options.onScript) : bare;
  const legs = createHoldLegs();
  const loader = createLoader(runner, options.ledger, legs, hotRecordsMs);
  const guard = createGuard(
    nodes,
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
  const journal: Journal = createJournal(nodes, runner);
  const enforcement: Enforcement = createEnforcement(runner);
  return {
    partitions: options.partitions,
    journal,
    ...enforcement,
    ...createVerbs(context, recent),
    /** The hold as Redis has it, loaded from the ledger if need be. */
    hold: (partition: number, holdId: string): Promise<HoldState | undefined> =>
      loader.hold(partition, holdId),
    /** Wallets as Redis has them, loaded if need be; ids that do not exist are left out. */
    wallets: loader.wallets,
    /** Wallets that are in Redis now, without loading. */
    peekWallets: loader.peek,
    unload: (partition: number, walletId: string, ledgerSequence: number) =>
      unloadWallet(runner, partition, walletId, ledgerSequence),
    status: (): EngineStatus => ({
      ...masters.status(),
      backlog: guard.gauge(),
      clock: timekeepers.status(),
    }),
    /** Resolves when every gate that was recovering is open. */
    opened,
    /** Closes the gate of a partition's master, or without one every gate. */
    closeGate: (why: string, partition?: number): Promise<void> => masters.close(why, partition),
    async stop(): Promise<void> {
      guard.stop();
      timekeepers.stop();
      await masters.stop();
    },
  };
}
