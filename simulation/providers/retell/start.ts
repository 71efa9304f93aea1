import { z } from 'zod';
import { commonControl, type Simulator } from '../exchange/control.ts';
import { controlRoutes, parsed } from '../exchange/control-routes.ts';
import { Exchange } from '../exchange/exchange.ts';
import { loopbackUrl } from '../http/loopback.ts';
import type { Route } from '../http/route.ts';
import { serve } from '../http/server.ts';
import type { Retell, RetellCall, RetellControl, RetellOptions } from './call.ts';
import { retellRecord } from './call-object.ts';
import { callsRoutes } from './calls-routes.ts';
import { inboundCall } from './inbound.ts';
import { OWN_NUMBER } from './place-call.ts';
import { transfer } from './transfer.ts';
import { scheduleFunction, sendEvent } from './webhooks.ts';

/**
 * A Retell of our own on 127.0.0.1: calls, signed webhooks and lists behave as Retell's documentation
 * and SDK say, and fail as the faults say.
 *
 * @throws RangeError for a webhook URL outside this machine; ZodError for faulty faults or scripts.
 */
export async function startRetell(options: RetellOptions): Promise<Simulator<RetellControl>> {
  for (const url of [options.webhookUrl, options.functionUrl]) {
    if (url !== undefined) loopbackUrl(url);
  }
  const exchange: Exchange<RetellCall> = new Exchange<RetellCall>(options, {
    answered(call) {
      call.leg?.answered(call.updatedAtMs);
      sendEvent(retell, call, 'call_started');
      scheduleFunction(retell, call);
    },
    turn: (call) => sendEvent(retell, call, 'transcript_updated'),
    transfer: (call, atMs) => transfer(retell, call, atMs),
    ended: (call) => ended(retell, call),
  });
  const retell: Retell = { exchange, options };
  const control: RetellControl = {
    ...commonControl(exchange, (call) => retellRecord(retell, call)),
    inbound: (call) => inboundCall(retell, call),
  };
  const server = await serve({
    port: options.port ?? 0,
    routes: [...callsRoutes(retell), ...controlRoutes(control), inboundRoute(control)],
    errorBody: (_status, message) => ({ status: 'error', message }),
  });
  return {
    url: server.url,
    control,
    async stop() {
      exchange.close();
      await server.stop();
    },
  };
}

function ended(retell: Retell, call: RetellCall): void {
  const { clock } = retell.exchange;
  call.leg?.ended(call.updatedAtMs);
  sendEvent(retell, call, 'call_ended');
  clock.at((call.endedAtMs ?? clock.now()) + call.script.processingMs, () =>
    sendEvent(retell, call, 'call_analyzed'),
  );
}

const inboundSchema = z.strictObject({
  from: z.string().min(2).max(40),
  to: z.string().min(2).max(40).default(OWN_NUMBER),
});

function inboundRoute(control: RetellControl): Route {
  return {
    method: 'POST',
    path: /^\/simulation\/inbound$/,
    handle: async (request) => ({
      status: 200,
      body: await control.inbound(parsed(inboundSchema, request)),
    }),
  };
}
