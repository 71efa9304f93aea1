import { z } from 'zod';
import { jsonBody, type Reply, type Request, RequestError, type Route } from '../http/route.ts';
import type { Control } from './control.ts';
import { faultsSchema } from './faults.ts';
import { scriptSchema } from './script.ts';

const RECORDS_MAX = 1_000;
const script = z.strictObject({ number: z.string().max(64).optional(), script: scriptSchema });

/** Reads a JSON body by its schema. @throws RequestError 400 */
export function parsed<T>(schema: z.ZodType<T>, request: Request): T {
  const result = schema.safeParse(jsonBody(request));
  if (!result.success) throw new RequestError(400, z.prettifyError(result.error));
  return result.data;
}

/** The control over HTTP, for simulators that run as processes of their own. Never faulty. */
export function controlRoutes(control: Control): Route[] {
  const done: Reply = { status: 204 };
  return [
    {
      method: 'GET',
      path: /^\/simulation\/records$/,
      handle: ({ url }) => {
        const after = Number(url.searchParams.get('after') ?? 0);
        const records = control.records().filter(({ ordinal }) => ordinal > after);
        return { status: 200, body: records.slice(0, RECORDS_MAX) };
      },
    },
    {
      method: 'GET',
      path: /^\/simulation\/counts$/,
      handle: () => ({
        status: 200,
        body: { seed: control.seed, nowMs: control.now(), ...control.counts() },
      }),
    },
    {
      method: 'POST',
      path: /^\/simulation\/scripts$/,
      handle: (request) => {
        const { number, script: plan } = parsed(script, request);
        if (number === undefined) control.usualScript(plan);
        else control.script(number, plan);
        return done;
      },
    },
    {
      method: 'POST',
      path: /^\/simulation\/faults$/,
      handle: (request) => {
        control.setFaults(parsed(faultsSchema, request));
        return done;
      },
    },
  ];
}
