// The engine in parts, for the simulation alone: it drives each part by hand, one step at a time and by a
// clock of its own. Everybody else enters by index.ts.

export { authorize } from './authorize.ts';
export type { EngineContext } from './context.ts';
export { createEnforcement } from './enforcement.ts';
export { createGate, type Gate } from './gate/gate.ts';
export * as scripts from './generated/index.ts';
export { createHoldLegs } from './hold-legs.ts';
export { createJournal } from './journal.ts';
export { createLoader } from './loader.ts';
export { oneNode } from './nodes/nodes.ts';
export { createRecent } from './represent.ts';
export { createRunner, type Runner } from './runner.ts';
export type { LoadedScript } from './script.ts';
export { unloadWallet } from './unload.ts';
export { createVerbs } from './verbs.ts';
