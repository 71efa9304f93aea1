import type { StoreFault } from '../../engine/index.ts';

/** One thing the doctor looked at. */
export interface Finding {
  /** What was looked at, such as `redis maxmemory`. */
  readonly check: string;
  /** An error must be mended; a warning should be understood. */
  readonly severity: 'ok' | 'warning' | 'error';
  readonly found: string;
  /** What to do about it; absent when all is well. */
  readonly mend?: string;
}

export function ok(check: string, found: string): Finding {
  return { check, severity: 'ok', found };
}

export function warning(check: string, found: string, mend: string): Finding {
  return { check, severity: 'warning', found, mend };
}

export function error(check: string, found: string, mend: string): Finding {
  return { check, severity: 'error', found, mend };
}

export function ofStore(name: string, { setting, severity, found, mend }: StoreFault): Finding {
  return { check: `${name} ${setting}`, severity, found, mend };
}

/** The worst first would hide the order of causes, so findings keep the order of the checks. */
export function textOf(findings: readonly Finding[]): string {
  const marks = { ok: 'ok     ', warning: 'warning', error: 'ERROR  ' } as const;
  const lines = findings.flatMap(({ check, severity, found, mend }) => [
    `${marks[severity]}  ${check}: ${found}`,
    ...(mend === undefined ? [] : [`         mend: ${mend}`]),
  ]);
  const count = (severity: Finding['severity']) =>
    findings.filter((finding) => finding.severity === severity).length;
  lines.push(`${count('error')} errors, ${count('warning')} warnings, ${count('ok')} in order`);
  return `${lines.join('\n')}\n`;
}
