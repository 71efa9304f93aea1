// The oracle's door, for the simulation alone.

export type { Answer } from './answer.ts';
export type { Command, Mutation } from './command.ts';
export { type Served, serve } from './serve.ts';
export { HOT_RECORDS_MS, type ModelState, NEW_WALLET, newModelState } from './state.ts';
