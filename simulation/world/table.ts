/** The live table of a world. */
import type { Books } from './books.ts';
import type { DialFigures } from './dialler.ts';
import { type CallFacts, type Cut, cutOf, isOpen } from './facts.ts';
import type { Screen } from './options.ts';
import { spreadOf, spreadText } from './spread.ts';

export interface Glance {
  readonly phase: string;
  readonly seconds: number;
  readonly dialled: DialFigures;
  readonly facts: readonly CallFacts[];
  readonly books: Books;
}

type Line = readonly [what: string, value: string];

export function linesOf({ phase, seconds, dialled, facts, books }: Glance): Line[] {
  const placed = facts.flatMap(({ records }) => records);
  const live = placed.filter((record) => record.phase === 'live').length;
  const ended = placed.filter((record) => record.phase === 'ended').length;
  const cuts = facts.flatMap((one) => cutOf(one) ?? []);
  const legs = cuts.flatMap((cut) => cut.legs);
  const beyond = legs.reduce(
    (sum, { takenMicros, heldMicros }) => sum + Math.max(0, takenMicros - heldMicros),
    0,
  );
  const unpaidMs = cuts.reduce((sum, cut) => sum + cut.unpaidMs, 0);
  const closed = facts.filter(({ booked }) => booked !== undefined && !isOpen(booked.hold)).length;
  const refused = Object.entries(dialled.refused).map(([why, count]) => `, ${count} ${why}`);
  const unsettled = `${dialled.unknown} unknown${refused.join('')}`;
  return [
    ['phase', `${phase}, ${seconds.toFixed(0)} s`],
    ['calls', `${dialled.authorized} authorized, ${dialled.placed} placed, ${unsettled}`],
    ['live', `${live} of ${placed.length} at the providers, ${ended} ended`],
    ['held', `${(books.heldMicros / 1_000_000).toFixed(2)} usd`],
    ['cutoffs', `${cuts.length}, at most ${busiest(cuts)} in a second`],
    ['seen', spreadText(spreadOf(cuts.flatMap(({ seenAfterMs }) => seenAfterMs ?? [])))],
    ['to kill', spreadText(spreadOf(cuts.flatMap(({ pushedAfterMs }) => pushedAfterMs ?? [])))],
    ['clock', `began after the answer by ${spreadText(spreadOf(facts.flatMap(lagOf)))}`],
    ['overspend', `${beyond} micros, ${(unpaidMs / 1000).toFixed(1)} s`],
    ['captured', `${closed} holds closed, ${ended} calls ended at the providers`],
  ];
}

/** How many cutoffs fell into the fullest second. */
function busiest(cuts: readonly Cut[]): number {
  const moments = cuts.map(({ cutoffAtMs }) => cutoffAtMs).sort((a, b) => a - b);
  let from = 0;
  let most = 0;
  for (const [at, moment] of moments.entries()) {
    while (moment - (moments[from] ?? moment) >= 1_000) from += 1;
    most = Math.max(most, at - from + 1);
  }
  return most;
}

/** How much later than the call our clock began; nothing while one of the two is not known. */
function lagOf({ records: [record], booked }: CallFacts): number[] {
  const startedAtMs = booked?.hold.startedAtMs ?? 0;
  if (record?.startedAtMs === undefined || startedAtMs === 0) return [];
  return [startedAtMs - record.startedAtMs];
}

const WIDTH = 11;

/** Redrawn in place for a person; one line a time for a log. */
export function createTable(screen: Screen): { show(glance: Glance): void; leave(): void } {
  let drawn = 0;
  return {
    show(glance) {
      const lines = linesOf(glance);
      if (!screen.isTerminal) {
        screen.out(`${lines.map(([what, value]) => `${what}: ${value}`).join(' | ')}\n`);
        return;
      }
      const up = drawn > 0 ? `\u001b[${drawn}A` : '';
      const text = lines.map(([what, value]) => `\u001b[2K  ${what.padEnd(WIDTH)}${value}\n`);
      screen.out(up + text.join(''));
      drawn = lines.length;
    },
    leave() {
      drawn = 0;
    },
  };
}
