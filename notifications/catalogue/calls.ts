import { z } from 'zod';

const callData = z.object({
  call_id: z.string(),
  organization_id: z.string(),
  details: z.record(z.string(), z.unknown()).describe('As on `GET /v1/calls/{call_id}/explain`.'),
});

export const callEvents = {
  'call.final': {
    meaning: 'Money or time runs short: the moment of the cutoff is decided.',
    data: callData,
  },
  'call.rescued': {
    meaning: 'Money came in before that moment: the call goes on.',
    data: callData,
  },
  'call.warning': { meaning: 'The caller was warned that the call will end.', data: callData },
  'call.cutoff_pending': {
    meaning: 'The call has to end now; its provider is told.',
    data: callData,
  },
  'call.cutoff_confirmed': { meaning: 'The end is proven.', data: callData },
  'call.cutoff_failed': {
    meaning: 'Nobody confirmed the end in time. It is charged on, and the tries go on.',
    data: callData,
  },
} as const;
