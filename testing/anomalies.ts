/**
 * Tests that let everything fail once take each n-th request alone in `npm test`; all of them with
 * `RINGFENCE_ANOMALIES=all npx vitest run <file>`.
 */
export const EVERY_ANOMALY = process.env.RINGFENCE_ANOMALIES === 'all';
