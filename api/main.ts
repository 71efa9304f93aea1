/**
 * The composition root: the only file that reads the configuration. It starts everything in this
 * process (process.ts), or, asked for workers, in several that it looks after (cluster/primary.ts).
 */
import { startCluster } from './cluster/primary.ts';
import { readConfig } from './config.ts';
import { type Running, startProcess } from './process.ts';

export {
  type ReconcileOnce,
  reconcileOnce,
  reconcilePaymentsOnce,
} from './compose/reconcile-once.ts';
export type { Running };

/**
 * Runs Ringfence as the environment says, and answers when it listens.
 * @throws ConfigError, or an Error that names the store that does not answer
 */
export async function main(env: NodeJS.ProcessEnv = process.env): Promise<Running> {
  const config = readConfig(env);
  return config.RINGFENCE_WORKERS > 0 ? startCluster(config, env) : startProcess(config);
}
