/** Pulls every provider's list once more at the end: whatever is missing is found now. */
import type { RingfenceProcess } from '../acceptance/ringfence.ts';
import type { Promised } from './promises.ts';

/** In a rough world a list breaks off now and then; a partial one does not count. */
const ATTEMPTS_MAX = 20;
const SKEW_MS = 60_000;
const COUNTS = [
  'listed',
  'captured',
  'settled',
  'charged',
  'adopted',
  'foreign',
  'failed',
] as const;

/** @param ageMs how far back the world began */
export async function reconciled(api: RingfenceProcess, ageMs: number): Promise<Promised> {
  const since = new Date(Date.now() - ageMs - SKEW_MS).toISOString();
  const run = () => api.command(['reconcile', '--since', since, '--json']);
  let { code, text } = await run();
  let attempts = 1;
  for (; code !== 0 && attempts < ATTEMPTS_MAX; attempts += 1) ({ code, text } = await run());
  const name = 'reconcile gets every list whole, and leaves nothing out';
  if (code !== 0) return { name, figures: `${attempts} attempts`, faults: text.split('\n') };
  return { name, figures: `attempt ${attempts}: ${countsIn(text)}`, faults: [] };
}

/** The command's logs come with its answer. */
function countsIn(text: string): string {
  const answer = text.split('\n').find((line) => line.startsWith('{"reports"'));
  const { reports } = JSON.parse(answer ?? '{"reports":[]}') as {
    reports: Readonly<Record<string, unknown>>[];
  };
  const sum = (count: string) =>
    reports.reduce((total, report) => total + Number(report[count] ?? 0), 0);
  return COUNTS.map((count) => `${sum(count)} ${count}`).join(', ');
}
