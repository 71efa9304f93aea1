import { z } from 'zod';
import { micros } from './fields.ts';

const holdData = z.object({
  hold_id: z.string(),
  organization_id: z.string(),
  kind: z.enum(['call', 'amount']),
  call_id: z.string().optional(),
  state: z.string(),
  legs: z.array(
    z.object({
      wallet_id: z.string(),
      role: z.string(),
      held_micros: micros,
      captured_micros: micros,
      shortfall_micros: micros,
    }),
  ),
  duration_ms: z.int().optional().describe('Of a call that has ended: the talk time charged.'),
});

export const holdEvents = {
  'hold.authorized': { meaning: 'Money was set aside.', data: holdData },
  'hold.captured': { meaning: 'The hold ended and what was used was taken.', data: holdData },
  'hold.voided': { meaning: 'The hold ended and nothing was taken.', data: holdData },
  'hold.expired': { meaning: 'The hold was ended by the clock.', data: holdData },
  'hold.settled': {
    meaning: 'The price of an ended hold was corrected from stronger evidence.',
    data: holdData,
  },
} as const;
