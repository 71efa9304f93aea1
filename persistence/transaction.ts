/**
 * One transaction, that a lost connection ends and nothing else.
 *
 * The driver answers every failure of the work with a ROLLBACK, also on a connection that is gone: that
 * write throws where nobody can catch it and ends the process, or spoils the connection for whoever
 * gets it next. So work that failed with its connection is left as it is: Postgres rolls back by
 * itself, and the driver rejects the transaction because its connection closed.
 */
import type { Sql, Transaction } from './connect.ts';
import { isConnectionLost } from './postgres-errors.ts';

const NEVER = new Promise<never>(() => undefined);

/**
 * Runs `work` in one transaction and answers what it answers, once that has committed.
 * @param mode of the transaction, such as `ISOLATION LEVEL REPEATABLE READ READ ONLY`
 * @throws what `work` throws; or, when the connection was lost, the driver's error: the transaction
 *   may have committed only if its commit had been sent
 */
export async function transaction<T>(
  sql: Sql,
  work: (tx: Transaction) => Promise<T>,
  mode = '',
): Promise<T> {
  const { result } = await sql.begin(mode, async (tx) => {
    try {
      return { result: await work(tx) };
    } catch (error) {
      if (isConnectionLost(error)) return await NEVER;
      throw error;
    }
  });
  return result;
}

/**
 * Runs a part of a transaction whose failure undoes that part alone and is thrown. The driver has to
 * be told of such a part: it would otherwise end the transaction for an error that was caught.
 * @throws what `work` throws; a lost connection ends the whole transaction instead
 */
export async function savepoint<T>(
  tx: Transaction,
  work: (part: Transaction) => Promise<T>,
): Promise<T> {
  try {
    const { result } = await tx.savepoint(async (part) => {
      try {
        return { result: await work(part) };
      } catch (error) {
        if (isConnectionLost(error)) return await NEVER;
        throw error;
      }
    });
    return result;
  } catch (error) {
    // Also of the statements that begin and undo the part: nothing may be asked of that connection.
    if (isConnectionLost(error)) return await NEVER;
    throw error;
  }
}
