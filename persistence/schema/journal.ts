import { bigint, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { bytea, counter, instant } from './columns.ts';

/** How far a partition's journal is committed; moves only by compare-and-set. */
export const journalCursors = pgTable('journal_cursors', {
  partition: integer('partition').primaryKey(),
  streamId: text('stream_id').notNull().default('0-0'),
  epoch: counter('epoch').notNull().default(0),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

/** Which flusher process reads a partition. */
export const partitionLeases = pgTable('partition_leases', {
  partition: integer('partition').primaryKey(),
  owner: text('owner').notNull(),
  expiresAt: instant('expires_at').notNull(),
});

/** The flusher processes alive, which share the partitions out. */
export const flusherMembers = pgTable('flusher_members', {
  owner: text('owner').primaryKey(),
  expiresAt: instant('expires_at').notNull(),
});

/** Whole journal entries that the ledger could not take. */
export const ledgerQuarantine = pgTable('ledger_quarantine', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  partition: integer('partition').notNull(),
  streamId: text('stream_id').notNull(),
  kind: text('kind').notNull(),
  mutationId: text('mutation_id').notNull(),
  walletIds: text('wallet_ids').array().notNull(),
  payload: bytea('payload').notNull(),
  detail: text('detail').notNull().default(''),
  createdAt: instant('created_at').notNull().defaultNow(),
  releasedAt: instant('released_at'),
  restoredAt: instant('restored_at'),
});
