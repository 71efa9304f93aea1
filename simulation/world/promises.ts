/** What a world has to show in the end: each promise with its figures, and whoever broke it. */

import type { Books } from './books.ts';
import { type CallFacts, type Cut, type CutLeg, cutOf, dueOf, isOpen } from './facts.ts';
import type { WorldOptions } from './options.ts';
import { spreadOf, spreadText } from './spread.ts';

export interface Promised {
  readonly name: string;
  readonly figures: string;
  /** Empty when it was kept. */
  readonly faults: readonly string[];
}

/** From `cutoff_at` to the arrival of the push, while nothing goes wrong. */
const TIME_TO_KILL_P99_MS = 500;

/** How long everybody had to wait between two moments, epoch ms: the machine's share of what was late. */
export type WaitedMs = (fromMs: number, toMs: number) => number;

export function promisesOf(
  facts: readonly CallFacts[],
  books: Books,
  options: Pick<WorldOptions, 'faults' | 'increment'>,
  leadMs: number,
  waitedMs?: WaitedMs,
): Promised[] {
  const cuts = facts.flatMap((one) => {
    const cut = cutOf(one);
    return cut === undefined ? [] : [{ callId: one.call.callId, cut }];
  });
  return [
    endedByPush(facts),
    timeToKill(cuts, options, waitedMs),
    overspend(cuts),
    withinLead(cuts, leadMs),
    spendable(cuts, books),
    capturedOnce(facts),
    equalToRecords(facts),
  ];
}

interface NamedCut {
  readonly callId: string;
  readonly cut: Cut;
}

function endedByPush(facts: readonly CallFacts[]): Promised {
  const placed = facts.filter(({ records }) => records.length > 0);
  const causes = new Map<string, number>();
  const faults = placed.flatMap(({ call, records: [record] }) => {
    const cause = record?.endedBy ?? 'nobody';
    causes.set(cause, (causes.get(cause) ?? 0) + 1);
    return cause === 'pushed' ? [] : [`${call.callId}: ended by ${cause}`];
  });
  const figures = [...causes].map(([cause, count]) => `${count} by ${cause}`).join(', ');
  return { name: 'every call was ended by a push', figures, faults };
}

function timeToKill(
  cuts: readonly NamedCut[],
  { faults }: Pick<WorldOptions, 'faults'>,
  waitedMs: WaitedMs = () => 0,
): Promised {
  const own = spreadOf(cuts.flatMap(({ cut }) => ownLateness(cut, waitedMs) ?? []));
  const pushed = spreadOf(cuts.flatMap(({ cut }) => cut.pushedAfterMs ?? []));
  const ended = spreadOf(cuts.flatMap(({ cut }) => cut.endedAfterMs ?? []));
  const broken = faults === 'none' && own.p99 >= TIME_TO_KILL_P99_MS;
  return {
    name:
      faults === 'none'
        ? `from cutoff_at to the push at the provider: p99 under ${TIME_TO_KILL_P99_MS} ms`
        : 'from cutoff_at to the push at the provider (measured, not promised)',
    figures: `push: ${spreadText(pushed)}; of its own: p99 ${own.p99} ms; end: ${spreadText(ended)}`,
    faults: [
      ...(broken ? [`p99 is ${own.p99} ms`] : []),
      ...cuts.flatMap(({ callId, cut }) =>
        cut.pushedAfterMs === undefined ? [`${callId}: no push arrived after its cutoff`] : [],
      ),
    ],
  };
}

/** Without what everybody waited for at that time. */
function ownLateness({ cutoffAtMs, pushedAfterMs }: Cut, waitedMs: WaitedMs): number | undefined {
  if (pushedAfterMs === undefined) return undefined;
  return Math.max(0, pushedAfterMs - waitedMs(cutoffAtMs, cutoffAtMs + pushedAfterMs));
}

const beyond = ({ takenMicros, heldMicros }: CutLeg) => takenMicros - heldMicros;

function overspend(cuts: readonly NamedCut[]): Promised {
  let total = 0;
  let unpaidMs = 0;
  const faults = cuts.flatMap(({ callId, cut }) => {
    unpaidMs = Math.max(unpaidMs, cut.unpaidMs);
    return cut.legs.flatMap((leg) => {
      total += Math.max(0, beyond(leg));
      if (beyond(leg) <= leg.allowedMicros) return [];
      const { walletId, takenMicros, heldMicros, allowedMicros } = leg;
      return [
        `${callId}: ${walletId} paid ${takenMicros}, held ${heldMicros}, allowed ${allowedMicros}` +
          ` beyond it, ended ${cut.endedAfterMs} ms after its cutoff`,
      ];
    });
  });
  return {
    name: 'I12: captured - held <= price(cutoff_at + reaction) - price(cutoff_at), per leg',
    figures: `${total} micros beyond what was held in all, at most ${unpaidMs} ms of a call`,
    faults,
  };
}

/** The lead is a whole margin: whoever reacts within it pays for nothing that was not held. */
function withinLead(cuts: readonly NamedCut[], leadMs: number): Promised {
  const prompt = cuts.filter(({ cut }) => (cut.endedAfterMs ?? Number.POSITIVE_INFINITY) <= leadMs);
  const faults = prompt.flatMap(({ callId, cut }) =>
    cut.legs.flatMap((leg) =>
      beyond(leg) > 0
        ? [`${callId}: ${leg.walletId} paid ${beyond(leg)} more than was held for it`]
        : [],
    ),
  );
  return {
    name: `no call that ended within the lead (${leadMs} ms) crossed an increment`,
    figures: `${prompt.length} of ${cuts.length} cut calls`,
    faults,
  };
}

function spendable(cuts: readonly NamedCut[], books: Books): Promised {
  const bounds = new Map<string, number>();
  for (const leg of cuts.flatMap(({ cut }) => cut.legs)) {
    bounds.set(leg.walletId, (bounds.get(leg.walletId) ?? 0) + leg.allowedMicros);
  }
  const wallets = books.wallets.map((wallet) => ({
    ...wallet,
    boundMicros: bounds.get(wallet.walletId) ?? 0,
  }));
  const least = Math.min(0, ...wallets.map(({ spendableMicros }) => spendableMicros));
  const below = wallets.filter(({ spendableMicros }) => spendableMicros < 0).length;
  const bound = Math.max(0, ...bounds.values());
  return {
    name: 'every spendable >= -(sum over its calls of what I12 allows)',
    figures: `least ${least} micros, ${below} of ${wallets.length} wallets below 0, largest bound ${bound}`,
    faults: wallets.flatMap(({ walletId, spendableMicros, boundMicros }) =>
      spendableMicros >= -boundMicros
        ? []
        : [`${walletId}: spendable ${spendableMicros}, bound ${boundMicros}`],
    ),
  };
}

function capturedOnce(facts: readonly CallFacts[]): Promised {
  let captured = 0;
  const faults = facts.flatMap(({ call, records, booked }): string[] => {
    const { callId } = call;
    if (records.length > 1) return [`${callId}: the provider has it ${records.length} times`];
    if (booked === undefined) {
      return records.length === 0 ? [] : [`${callId}: the ledger does not know it`];
    }
    if (isOpen(booked.hold)) return [`${callId}: its hold is still ${booked.hold.state}`];
    const wrong = booked.hold.legs.filter((leg) => booked.legs.get(leg.walletId)?.ends !== 1);
    if (records.length === 1 && wrong.length === 0) captured += 1;
    return wrong.map(
      ({ walletId }) =>
        `${callId}: ${walletId} has ${booked.legs.get(walletId)?.ends ?? 0} ends instead of 1`,
    );
  });
  return { name: 'each call is captured exactly once', figures: `${captured} calls`, faults };
}

function equalToRecords(facts: readonly CallFacts[]): Promised {
  let taken = 0;
  let due = 0;
  const faults = facts.flatMap(({ call, records: [record], booked }): string[] => {
    if (booked === undefined) return [];
    const { hold } = booked;
    return hold.legs.flatMap((leg) => {
      const paid = booked.legs.get(leg.walletId)?.takenMicros ?? 0;
      const wanted = record === undefined ? 0 : dueOf(leg, record);
      taken += paid;
      due += wanted;
      if (paid === wanted) return [];
      const lasted = record === undefined ? 'was never placed' : `${record.reportedDurationMs} ms`;
      return [
        `${call.callId}: ${leg.walletId} paid ${paid} for ${hold.usedMs} ms (${hold.state}, evidence` +
          ` ${hold.evidence}); the call at ${call.provider} ${lasted}: ${wanted}`,
      ];
    });
  });
  return {
    name: "what was taken equals the providers' records",
    figures: `${taken} micros taken, ${due} due`,
    faults,
  };
}
