/** The door of the benchmark, for the command line. */
export { type Comparison, commitOf, compareWith, comparisonText } from './compare.ts';
export { MEASUREMENTS } from './measurements.ts';
export { keepResults } from './report/keep.ts';
export { resultText } from './report/text.ts';
export { type BenchOptions, type MeasurementResult, runBench } from './run.ts';
export { runScenarios, SCENARIO_NAMES, SHORT_SCENARIOS } from './scenarios/run.ts';
export { type Form, workloadLines } from './workload.ts';
