/** Every table, one file per noun. The SQL in ../migrations is the truth; a test compares them. */
export * from './calls.ts';
export * from './dials.ts';
export * from './holds.ts';
export * from './inbox.ts';
export * from './journal.ts';
export * from './ledger.ts';
export * from './notifications.ts';
export * from './operator-actions.ts';
export * from './organizations.ts';
export * from './payments.ts';
export * from './prices.ts';
export * from './provider-credentials.ts';
export * from './reconcile.ts';
export * from './request-answers.ts';
export * from './settings.ts';
export * from './transfers.ts';
export * from './wallets.ts';
