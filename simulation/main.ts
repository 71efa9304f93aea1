/** The door of the simulation, for the command line. */

export { chaos, SCENARIOS } from './chaos/chaos.ts';
export { LEGEND, type Report } from './chaos/report.ts';
export { isClean } from './chaos/run.ts';
export { DEFAULTS } from './gate/options.ts';
export { gateFaults, gateLines } from './gate/report.ts';
export { measureGate } from './gate/run.ts';
export { BROKEN_BUILDS, type BrokenBuild, breakScript } from './seeded/broken-builds.ts';
export type { SeedReport } from './seeded/run-seed.ts';
export { runSeeds, type SeedsOptions } from './seeded/seeds.ts';
export { startLanes } from './seeded/servers.ts';
export {
  INCREMENTS,
  type Increment,
  PROVIDERS,
  type ProviderName,
  type Screen,
  type WorldOptions,
} from './world/options.ts';
export {
  commandOf,
  isKept,
  markdownOf,
  promiseLines,
  type WorldReport,
} from './world/report.ts';
export { runWorld } from './world/world.ts';
