/** The measurement as lines, and whether it is what is promised. */
import { ALL_SHUT_MS_MAX, LIVE_SHUT_MS_MAX, PARTITIONS } from './options.ts';
import type { Reopening } from './reopening.ts';
import type { GateReport } from './run.ts';
import type { Touch } from './touches.ts';

export function gateLines(report: GateReport): string[] {
  const { options, wiped, touches, restarted } = report;
  const { wallets, liveCalls, livePartitions, loaded } = options;
  return [
    `${wallets} wallets in Postgres, ${liveCalls} live calls on ${livePartitions} of ${PARTITIONS} partitions`,
    ...reopeningLines('Redis back empty', wiped),
    ...reopeningLines(`Redis back with ${loaded} wallets`, restarted),
    `first touch of a wallet: ${touchLine(touches.first)}`,
    `touched again:           ${touchLine(touches.second)}`,
    `verify, ${report.verified} wallets: ${report.differences} differences`,
  ];
}

/** What is not as promised. */
export function gateFaults({ wiped, restarted, touches, differences }: GateReport): string[] {
  const postgres = median(touches.first.map((one) => one.postgres));
  return [
    ...[wiped, restarted].flatMap(({ liveShutMs, allShutMs }) => [
      ...(Math.max(0, ...liveShutMs) > LIVE_SHUT_MS_MAX
        ? [`a partition with live calls was shut for more than ${LIVE_SHUT_MS_MAX / 1_000} s`]
        : []),
      ...(allShutMs > ALL_SHUT_MS_MAX
        ? [`a partition was shut for more than ${ALL_SHUT_MS_MAX / 1_000} s`]
        : []),
    ]),
    ...(postgres === 1 ? [] : [`a first touch asked Postgres ${postgres} times`]),
    ...(differences === 0 ? [] : [`verify: ${differences} differences`]),
  ];
}

function reopeningLines(what: string, one: Reopening): string[] {
  return [
    `${what}, after ${seconds(one.redisMs)}:`,
    `  partition with live calls shut    ${spread(one.liveShutMs)}`,
    `  live call answered, everywhere    ${spread(one.answeredMs)}`,
    `  last partition open after         ${seconds(one.allShutMs)}`,
    `  wallets and holds put back        ${one.restored}`,
  ];
}

function touchLine(touches: readonly Touch[]): string {
  const of = (field: keyof Touch) => touches.map((one) => one[field]);
  const ms = `p50 ${median(of('ms')).toFixed(1)} ms, max ${Math.max(...of('ms')).toFixed(1)} ms`;
  return `${ms}; round trips p50: Redis ${median(of('redis'))}, Postgres ${median(of('postgres'))}`;
}

function spread(ms: readonly number[]): string {
  return `p50 ${seconds(median(ms))}, max ${seconds(Math.max(0, ...ms))}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
