import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Engine } from '../engine/index.ts';
import type { LiveCalls } from '../persistence/index.ts';
import type { CountRequest } from './http/observe.ts';
import { SECONDS } from './metrics/buckets.ts';
import { addEngineGauges } from './metrics/engine-gauges.ts';
import { type FlushMeasure, flushMetrics } from './metrics/flush.ts';
import {
  addLiveCallGauges,
  type KillSwitchMetrics,
  killSwitchMetrics,
} from './metrics/kill-switch.ts';
import { type NotificationMetrics, notificationMetrics } from './metrics/notifications.ts';
import { type PaymentMetrics, paymentMetrics } from './metrics/payments.ts';
import { type ReconcileMetrics, reconcileMetrics } from './metrics/reconcile.ts';
import { type EngineWatch, scriptMetrics } from './metrics/scripts.ts';

export interface Metrics extends EngineWatch, KillSwitchMetrics, PaymentMetrics {
  reconcile: ReconcileMetrics;
  notifications: NotificationMetrics;
  countRequest: CountRequest;
  flushed(measure: FlushMeasure): void;
  /** The engine to read gauges from, from its start on. */
  follow(engine: Pick<Engine, 'status' | 'journal' | 'partitions'>): void;
  /** Where to read the calls that go on. */
  followCalls(sample: () => Promise<LiveCalls>): void;
  /** The Prometheus text page. */
  page(): Promise<string>;
  contentType: string;
  /** What the page is made of, for whoever adds up those of several processes. */
  registry: Registry;
}

/** Metrics of one process, each named `ringfence_*`. Labels are few: routes, scripts, statuses. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'ringfence_' });
  const requests = new Histogram({
    name: 'ringfence_http_request_seconds',
    help: 'Time to answer, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  const problems = new Counter({
    name: 'ringfence_http_problems_total',
    help: 'Answers that were no success, by error code.',
    labelNames: ['code'],
    registers,
  });
  return {
    countRequest(method, route, status, elapsedMs, codes) {
      requests.observe({ method, route, status }, elapsedMs / 1000);
      for (const code of codes) problems.inc({ code });
    },
    flushed: flushMetrics(registers),
    ...scriptMetrics(registers),
    ...killSwitchMetrics(registers),
    ...paymentMetrics(registers),
    reconcile: reconcileMetrics(registers),
    notifications: notificationMetrics(registers),
    follow: (engine) => addEngineGauges(engine, registers),
    followCalls: (sample) => addLiveCallGauges(registers, sample),
    page: () => registry.metrics(),
    contentType: registry.contentType,
    registry,
  };
}
