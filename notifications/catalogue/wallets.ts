import { z } from 'zod';
import { micros, walletFields } from './fields.ts';

const level = z
  .enum(['good', 'ok', 'low', 'depleted'])
  .describe('The level after the entry, as far as it was told.');

const levelData = z.object({
  ...walletFields,
  level,
  low_balance_threshold_micros: micros.describe('0: there is none.'),
});

const alertData = z.object({
  ...walletFields,
  alert_id: z.string(),
  kind: z.enum(['available', 'minutes']),
  threshold_micros: micros.optional().describe('Of an alert by money.'),
  resolve_above_micros: micros.optional().describe('Of an alert by money.'),
  minutes: z.int().optional().describe('Of an alert by minutes.'),
  burn_micros_per_minute: micros
    .optional()
    .describe('Of an alert by minutes: what the open calls of the wallet cost in a minute.'),
});

const transactionData = z.object({
  ...walletFields,
  entry_id: z.string(),
  kind: z.string().describe('As in `GET /v1/wallets/{id}/entries`.'),
  amount_micros: micros.describe('Signed effect on posted.'),
  held_delta_micros: micros.describe('Signed effect on held.'),
  shortfall_micros: micros,
  hold_id: z.string().optional(),
  call_id: z.string().optional(),
  reference: z.string().optional(),
  description: z.string().optional(),
});

const quarantineData = z.object({
  wallet_id: z.string(),
  organization_id: z.string(),
  reason: z.string().describe('What of the journal does not follow the ledger.'),
});

export const walletEvents = {
  'wallet.low_balance': {
    meaning: 'Spendable fell to the low balance threshold or under it.',
    data: levelData,
  },
  'wallet.low_balance_resolved': {
    meaning: 'Spendable rose above the low balance threshold and a tenth of it.',
    data: levelData,
  },
  'wallet.depleted': { meaning: 'Nothing is left to spend: 0 or less.', data: levelData },
  'wallet.replenished': {
    meaning: 'A depleted wallet has more to spend than a tenth of its low balance threshold.',
    data: levelData,
  },
  'wallet.level_changed': {
    meaning: 'The level is another one; it comes after the events above.',
    data: levelData.extend({ previous_level: level }),
  },
  'wallet.alert': { meaning: 'An alert of the wallet was raised.', data: alertData },
  'wallet.alert_resolved': { meaning: 'The same alert holds no longer.', data: alertData },
  'wallet.quarantined': {
    meaning:
      'Entries of the wallet wait beside the ledger for an operator; until then it takes no new holds.',
    data: quarantineData,
  },
  'transaction.created': {
    meaning: 'An entry of the wallet is in the ledger.',
    data: transactionData,
  },
} as const;
