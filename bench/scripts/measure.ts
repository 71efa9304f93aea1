/**
 * a. What each script costs Redis, against an empty EVALSHA with the same keys and arguments.
 *
 * No flusher here: it runs no script, and the wallets have no rows in Postgres.
 */
import type { Figure } from '../figures.ts';
import type { Round } from '../measurement.ts';
import { openStage } from '../stage/stage.ts';
import { makeWallets } from '../stage/wallets.ts';
import { comparedFigures, compareScript } from './compare.ts';
import { measuredOperations } from './operations.ts';

export async function measureScripts(round: Round): Promise<Figure[]> {
  const stage = await openStage(round);
  try {
    const purse = await makeWallets(stage, round.size.wallets, false);
    const figures: Figure[] = [];
    for (const operation of measuredOperations(stage, purse)) {
      const compared = await compareScript(stage, operation, round);
      figures.push(...comparedFigures(operation.name, compared));
    }
    return figures;
  } finally {
    await stage.stop();
  }
}
