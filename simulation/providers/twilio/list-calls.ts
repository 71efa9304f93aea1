import { z } from 'zod';
import type { Request } from '../http/route.ts';
import { statusOf, type Twilio, type TwilioCall } from './call.ts';
import { twilioError } from './form.ts';

const DAY_MS = 86_400_000;
/** A day in UTC, or a moment. */
const when = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const schema = z.object({
  To: z.string().optional(),
  From: z.string().optional(),
  Status: z.string().optional(),
  StartTime: when.optional(),
  'StartTime>': when.optional(),
  'StartTime<': when.optional(),
  EndTime: when.optional(),
  'EndTime>': when.optional(),
  'EndTime<': when.optional(),
});

/** The calls a list request asks for, newest first. `StartTime>=x` arrives as a field `StartTime>`. */
export function listedCalls(twilio: Twilio, { url }: Request): TwilioCall[] {
  const result = schema.safeParse(Object.fromEntries(url.searchParams));
  if (!result.success) throw twilioError(400, 20_001, z.prettifyError(result.error));
  const query = result.data;
  const is = (wanted: string | undefined, value: string) =>
    wanted === undefined || wanted === value;
  return [...twilio.exchange.calls.values()]
    .filter(
      (call) =>
        is(query.To, call.to) &&
        is(query.From, call.from) &&
        is(query.Status, statusOf(call)) &&
        within(call.startedAtMs, query.StartTime, query['StartTime>'], query['StartTime<']) &&
        within(call.endedAtMs, query.EndTime, query['EndTime>'], query['EndTime<']),
    )
    .reverse();
}

/** Twilio knows times to the second only; a day as upper bound is the whole day. */
function within(
  atMs: number | undefined,
  on: string | undefined,
  from: string | undefined,
  to: string | undefined,
): boolean {
  if (on === undefined && from === undefined && to === undefined) return true;
  if (atMs === undefined) return false;
  const second = Math.floor(atMs / 1_000) * 1_000;
  const end = (text: string) => Date.parse(text) + (text.length === 10 ? DAY_MS - 1 : 0);
  return (
    (on === undefined || (second >= Date.parse(on) && second <= end(on))) &&
    (from === undefined || second >= Date.parse(from)) &&
    (to === undefined || second <= end(to))
  );
}
