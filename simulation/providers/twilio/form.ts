import { z } from 'zod';
import { isLoopback } from '../http/loopback.ts';
import { type Request, RequestError } from '../http/route.ts';
import type { Twilio } from './call.ts';

/** Of numbers in forms and queries, which are text. */
export const wholeNumber = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number)
    .pipe(z.number().min(low).max(high));

export const localUrl = z
  .string()
  .max(4_096)
  .refine(isLoopback, 'simulators only call this machine');

/** Form fields by name; one that is repeated keeps its first value, as does `all` every one. */
export function readForm<T>(schema: z.ZodType<T>, request: Request): T {
  const form = new URLSearchParams(request.body);
  const events = form.getAll('StatusCallbackEvent');
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) fields[name] ??= value;
  if (events.length > 0) fields.StatusCallbackEvent = events;
  const result = schema.safeParse(fields);
  if (!result.success) throw twilioError(400, 21_200, z.prettifyError(result.error));
  return result.data;
}

/** Twilio's errors have a number of their own. */
export function twilioError(status: number, code: number, message: string): RequestError {
  return new RequestError(status, message, { code, message, status });
}

/** Basic authentication, and the account in the path must be the same. */
export function authorize({ options }: Twilio, request: Request): void {
  const { accountSid, authToken } = options;
  const expected = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
  if (request.headers.authorization !== `Basic ${expected}`) {
    throw twilioError(401, 20_003, 'Authenticate');
  }
  if (request.parameters.account !== accountSid) {
    throw twilioError(404, 20_404, 'The requested resource was not found');
  }
}
