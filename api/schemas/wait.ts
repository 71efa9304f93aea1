import { z } from '@hono/zod-openapi';

/** `wait_for`: answer when the rows are in the ledger. Deposits and asset purchases always do. */
export const waitWanted = z
  .literal('ledger', 'must be "ledger"')
  .optional()
  .openapi({ description: 'Answer when the rows have committed in Postgres.' });
