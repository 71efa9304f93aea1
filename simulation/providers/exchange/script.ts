import { z } from 'zod';
import type { Dice } from './dice.ts';
import { type Faults, faultsSchema } from './faults.ts';

const DAY_MS = 86_400_000;
const ms = z.number().int().min(0).max(DAY_MS);
/** A fixed number of simulated ms, or the ends of a range to draw from. */
const drawnMs = z.union([ms, z.tuple([ms, ms]).refine(([low, high]) => low <= high)]);
const drawn = <const K extends string>(keys: readonly [K, ...K[]]) =>
  z.union([z.enum(keys), z.partialRecord(z.enum(keys), z.number().min(0))]);

const ANSWERS = ['person', 'voicemail', 'busy', 'no-answer', 'failed'] as const;
export type Answer = (typeof ANSWERS)[number];

const transfer = z.strictObject({
  /** After the answer. */
  afterMs: ms,
  bridged: z.boolean(),
  /** How long the person goes on talking without the agent. */
  lastsMs: ms.optional(),
});

const functionCalls = z.strictObject({
  name: z.string().max(128),
  everyMs: z.number().int().min(100).max(DAY_MS),
});

/** What is said of a call beforehand. All durations are simulated milliseconds. */
export const scriptSchema = z.strictObject({
  queueMs: drawnMs.optional(),
  ringMs: drawnMs.optional(),
  answer: drawn(ANSWERS).optional(),
  /** How long the call would last if nobody and nothing ended it earlier. */
  talkMs: drawnMs.optional(),
  /** Who ends it then. */
  hangUp: drawn(['person', 'assistant']).optional(),
  /** One conversation event in so many ms; 0 for silence. */
  turnEveryMs: ms.optional(),
  /** From the end of the call to the provider's last word on it (report, analysis, price). */
  processingMs: drawnMs.optional(),
  /** Size of the transcript in the last report, in bytes. */
  transcriptBytes: z.number().int().min(0).max(64_000_000).optional(),
  transfer: transfer.optional(),
  /** Retell: a custom function that the agent calls again and again. */
  functionCalls: functionCalls.optional(),
  faults: faultsSchema.optional(),
});

export type ScriptPlan = z.infer<typeof scriptSchema>;

/** The same, drawn: how one call will go. */
export interface CallScript {
  readonly queueMs: number;
  readonly ringMs: number;
  readonly answer: Answer;
  readonly talkMs: number;
  readonly hangUp: 'person' | 'assistant';
  readonly turnEveryMs: number;
  readonly processingMs: number;
  readonly transcriptBytes: number;
  readonly transfer: z.infer<typeof transfer> | undefined;
  readonly functionCalls: z.infer<typeof functionCalls> | undefined;
  readonly faults: Faults | undefined;
}

const USUAL = {
  queueMs: 300,
  ringMs: 4_000,
  answer: 'person',
  talkMs: 120_000,
  hangUp: 'person',
  turnEveryMs: 20_000,
  processingMs: 5_000,
  transcriptBytes: 400,
} as const;

/** Always draws the same number of times, so that one fixed field does not change the others. */
export function drawScript(plan: ScriptPlan, dice: Dice): CallScript {
  const duration = (value: number | [number, number]) =>
    dice.between(typeof value === 'number' ? [value, value] : value);
  const pick = <K extends string>(value: K | Partial<Record<K, number>>) =>
    dice.pick(typeof value === 'string' ? ({ [value]: 1 } as Record<K, number>) : value);
  return {
    queueMs: duration(plan.queueMs ?? USUAL.queueMs),
    ringMs: duration(plan.ringMs ?? USUAL.ringMs),
    answer: pick(plan.answer ?? USUAL.answer),
    talkMs: duration(plan.talkMs ?? USUAL.talkMs),
    hangUp: pick(plan.hangUp ?? USUAL.hangUp),
    turnEveryMs: plan.turnEveryMs ?? USUAL.turnEveryMs,
    processingMs: duration(plan.processingMs ?? USUAL.processingMs),
    transcriptBytes: plan.transcriptBytes ?? USUAL.transcriptBytes,
    transfer: plan.transfer,
    functionCalls: plan.functionCalls,
    faults: plan.faults,
  };
}
