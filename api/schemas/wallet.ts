import { z } from '@hono/zod-openapi';
import { availableOf, isFrozen, spendableOf, type WalletState } from '../../engine/index.ts';
import type { Wallet, WalletLimits } from '../../persistence/index.ts';
import { idSchema, nameSchema } from './common.ts';
import { currencySchema } from './currency.ts';
import { microsSchema, nonNegativeMicrosSchema } from './money.ts';

const MAX_LIVE_CALLS = 1_000_000;

const limitFields = {
  credit_limit_micros: nonNegativeMicrosSchema.optional().openapi({
    description: 'How far below 0 the wallet may go.',
  }),
  cutoff_threshold_micros: nonNegativeMicrosSchema.optional().openapi({
    description: 'The reserve under which calls stop.',
  }),
  low_balance_threshold_micros: nonNegativeMicrosSchema.optional().openapi({
    description: 'Level LOW while spendable is at or under this; 0 is none.',
  }),
  max_live_calls: z
    .int('must be an integer')
    .min(0, 'must not be negative')
    .max(MAX_LIVE_CALLS, `must be at most ${MAX_LIVE_CALLS}`)
    .optional()
    .openapi({ description: 'Most calls open at once; 0 is no cap.' }),
};

export const newWalletSchema = z
  .strictObject({
    organization_id: idSchema,
    currency: currencySchema,
    name: nameSchema.optional(),
    ...limitFields,
  })
  .openapi('NewWallet');

export const walletChangesSchema = z
  .strictObject({
    ...limitFields,
    status: z.enum(['active', 'frozen'], 'must be active or frozen').optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
  .openapi('WalletChanges');

export const walletSchema = z
  .object({
    id: z.string(),
    organization_id: z.string(),
    name: z.string(),
    currency: z.string(),
    posted_micros: microsSchema,
    held_micros: microsSchema,
    available_micros: microsSchema,
    spendable_micros: microsSchema,
    credit_limit_micros: microsSchema,
    cutoff_threshold_micros: microsSchema,
    low_balance_threshold_micros: microsSchema,
    max_live_calls: z.int(),
    live_calls: z.int(),
    minutes_remaining: z
      .int()
      .nullable()
      .openapi({
        description:
          "Whole minutes of one call that `spendable_micros` pays for now, at the organization's " +
          'retail price of `voice_minute` in this currency; 0 at the floor. Null without such a ' +
          'price, or where calls are free.',
        example: 50,
      }),
    status: z.enum(['active', 'frozen']).openapi({
      description: 'frozen: no new holds or charges; what is open ends as usual.',
    }),
    frozen_by: z.array(z.enum(['operator', 'quarantine'])).openapi({
      description:
        'Why it is frozen. `operator`: its `status` was set. `quarantine`: entries of it wait for a ' +
        'decision beside the ledger; only their release lifts it.',
    }),
    level: z.enum(['LOW', 'OK', 'GOOD']).openapi({
      description:
        'How full it is. LOW: `spendable_micros` is 0 or less, or at or under ' +
        '`low_balance_threshold_micros`. OK: above it, up to three times it. GOOD: more than that; ' +
        'without a threshold everything above 0.',
    }),
    sequence: z.int().openapi({ description: 'Mutations so far, in Redis.' }),
    ledger_sequence: z.int().openapi({ description: 'Mutations so far, in Postgres.' }),
    as_of: z.string(),
    created_at: z.string(),
  })
  .openapi('Wallet');

/** The limits a wallet starts with, as the directory takes them. */
export function walletLimits(body: z.infer<typeof newWalletSchema>): WalletLimits {
  return {
    creditLimitMicros: body.credit_limit_micros,
    cutoffThresholdMicros: body.cutoff_threshold_micros,
    lowBalanceThresholdMicros: body.low_balance_threshold_micros,
    maxLiveCalls: body.max_live_calls,
  };
}

/** @param minutes see `minutes_remaining` of the schema */
export function walletBody(
  wallet: Wallet,
  state: WalletState,
  ledgerSequence: number,
  minutes: number | null,
) {
  return {
    id: wallet.id,
    organization_id: wallet.organizationId,
    name: wallet.name,
    currency: wallet.currency,
    posted_micros: state.postedMicros,
    held_micros: state.heldMicros,
    available_micros: availableOf(state),
    spendable_micros: spendableOf(state),
    credit_limit_micros: state.creditLimitMicros,
    cutoff_threshold_micros: state.cutoffThresholdMicros,
    low_balance_threshold_micros: state.lowBalanceThresholdMicros,
    max_live_calls: state.maxLiveCalls,
    live_calls: state.liveCalls,
    minutes_remaining: minutes,
    status: isFrozen(state) ? 'frozen' : 'active',
    frozen_by: [
      ...(state.frozen ? (['operator'] as const) : []),
      ...(state.quarantined ? (['quarantine'] as const) : []),
    ],
    level: levelOf(state),
    sequence: state.sequence,
    ledger_sequence: ledgerSequence,
    as_of: new Date().toISOString(),
    created_at: wallet.createdAt.toISOString(),
  };
}

/** LOW at or under the threshold or with nothing to spend, OK up to three times it, GOOD above. */
function levelOf(state: WalletState): 'LOW' | 'OK' | 'GOOD' {
  const spendable = spendableOf(state);
  const threshold = state.lowBalanceThresholdMicros;
  if (spendable <= Math.max(0, threshold)) return 'LOW';
  return spendable <= threshold * 3 ? 'OK' : 'GOOD';
}
