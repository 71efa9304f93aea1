import { z } from 'zod';
import { parsed } from '../exchange/control-routes.ts';
import type { Route } from '../http/route.ts';
import type { VapiControl } from './call.ts';
import { assistantSchema } from './settings.ts';

const number = z.string().min(2).max(40);
const inboundSchema = z.strictObject({ from: number, to: number.default('+14155550142') });
const predialSchema = z.strictObject({
  campaignId: z.string().max(64),
  number,
  assistantId: z.string().max(64).default('campaign-assistant'),
  assistantOverrides: assistantSchema.default({}),
});

/** Inbound calls and campaigns over HTTP, for a simulator that runs as a process of its own. */
export function gateRoutes(control: VapiControl): Route[] {
  return [
    {
      method: 'POST',
      path: /^\/simulation\/inbound$/,
      handle: async (request) => ({
        status: 200,
        body: await control.inbound(parsed(inboundSchema, request)),
      }),
    },
    {
      method: 'POST',
      path: /^\/simulation\/predial$/,
      handle: async (request) => ({
        status: 200,
        body: await control.predial(parsed(predialSchema, request)),
      }),
    },
  ];
}
