import { boolean, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { bytea, counter, instant, micros } from './columns.ts';

/** What a wallet is; never changes after creation. */
export const wallets = pgTable('wallets', {
  id: text('id').primaryKey(),
  organizationId: text('organization_id').notNull(),
  rootId: text('root_id').notNull(),
  partition: integer('partition').notNull(),
  currency: text('currency').notNull(),
  name: text('name').notNull().default(''),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/** A wallet's state after its last committed ledger row; `state` is the packed WalletState. */
export const walletSnapshots = pgTable('wallet_snapshots', {
  walletId: text('wallet_id').primaryKey(),
  partition: integer('partition').notNull(),
  sequence: counter('sequence').notNull().default(0),
  postedMicros: micros('posted_micros').notNull().default(0),
  heldMicros: micros('held_micros').notNull().default(0),
  state: bytea('state').notNull(),
  chainHash: bytea('chain_hash').notNull().default(Buffer.alloc(32)),
  quarantined: boolean('quarantined').notNull().default(false),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});
