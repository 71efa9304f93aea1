/** What one simulated world is like. */

export const PROVIDERS = ['vapi', 'retell', 'twilio'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

export const INCREMENTS = ['1/1', '6/6', '60/60'] as const;
export type Increment = (typeof INCREMENTS)[number];

export interface WorldOptions {
  /** Calls to place, 1 to 20,000. */
  readonly calls: number;
  /** Wallets that pay for them, 1 to `calls`. */
  readonly wallets: number;
  readonly providers: readonly ProviderName[];
  readonly increment: Increment;
  /** `rough`: 30% of the requests to providers fail, events are lost, doubled and disordered. */
  readonly faults: 'none' | 'rough';
  /**
   * Enforcers that are processes of their own, beside one for the API and one for the flusher, 0 to 8;
   * with 0 a single process does all.
   */
  readonly enforcers: number;
  /** So often one of the enforcer processes is killed -9 and started again; 0 never. */
  readonly killEnforcerEverySeconds: number;
  /** Redis is killed -9 once, and started again on its append-only file. */
  readonly restartRedis: boolean;
  /** By then the last wallet has run dry; 10 to 3,600. */
  readonly seconds: number;
  /** Of the world's random draws; the timing of processes is nobody's to choose. */
  readonly seed: number;
  /** Where the logs of every process are copied to. */
  readonly logs?: string | undefined;
  /**
   * For a machine that has other work: what every process waited for meanwhile is taken off a late push. Never
   * where lateness is measured, for an enforcer that keeps its own process busy would be forgiven too.
   */
  readonly onSharedMachine?: boolean | undefined;
}

/** Where the run shows how it goes. */
export interface Screen {
  readonly isTerminal: boolean;
  out(text: string): void;
}
