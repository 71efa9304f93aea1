import { error, type Finding, ok, warning } from './finding.ts';

/** Signatures of webhooks are valid for minutes; leases and reports tolerate less. */
const SKEW_WARN_MS = 1_000;
const SKEW_ERROR_MS = 10_000;

/** A clock's distance from ours in ms: positive when it is ahead. Half the round trip is taken off. */
export async function skewOf(ask: () => Promise<number>, nowMs: () => number): Promise<number> {
  const before = nowMs();
  const theirs = await ask();
  return Math.round(theirs - (before + nowMs()) / 2);
}

/** @param skews by name, in ms */
export function clocks(skews: Readonly<Record<string, number>>): Finding[] {
  const findings = Object.entries(skews).flatMap(([name, skew]) => {
    if (Math.abs(skew) < SKEW_WARN_MS) return [];
    const severity = Math.abs(skew) < SKEW_ERROR_MS ? warning : error;
    const found = `${name} is ${Math.abs(skew)} ms ${skew > 0 ? 'ahead' : 'behind'} of this machine`;
    return [severity('clocks', found, 'keep every machine on NTP')];
  });
  if (findings.length > 0) return findings;
  const shown = Object.entries(skews).map(([name, skew]) => `${name} ${skew} ms`);
  return [ok('clocks', shown.join(', '))];
}
