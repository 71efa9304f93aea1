import {
  type Asking,
  createApplyRecord,
  createAsking,
  createReconciler,
  type Reconciler,
} from '../../kill-switch/index.ts';
import type { ReconcileMetrics } from '../metrics/reconcile.ts';
import { callRecords, reconcileMarks } from '../webhooks/doors.ts';
import type { Core } from './core.ts';

/** What looks at the providers' own books. */
export interface Reconciling {
  /** About one call. */
  asking: Asking;
  /** About all of them. */
  reconciler: Reconciler;
}

/** Starts nothing. */
export function createReconciling(
  core: Pick<Core, 'config' | 'engine' | 'desk' | 'clients' | 'directory' | 'log'>,
  metrics?: ReconcileMetrics,
): Reconciling {
  const { config, engine, desk, clients, log } = core;
  const { sessions, isOutage, nowMs } = desk;
  const apply = createApplyRecord({ sessions, engine, nowMs });
  const asking = createAsking({
    engine,
    sessions,
    records: callRecords(core.directory),
    clients,
    apply,
    log,
    isOutage,
    nowMs,
    ...(metrics && { asked: metrics.asked }),
  });
  const reconciler = createReconciler({
    engine,
    sessions,
    marks: reconcileMarks(core.directory),
    dialsOpen: (provider, from) => core.directory.dials.anyOpenFrom(provider, from),
    clients,
    apply,
    log,
    isOutage,
    nowMs,
    everyMs: config.RINGFENCE_RECONCILE_SECONDS * 1000,
    ...(metrics && { reconciled: metrics.reconciled }),
  });
  return { asking, reconciler };
}
