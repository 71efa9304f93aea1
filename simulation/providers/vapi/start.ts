import { commonControl, type Simulator } from '../exchange/control.ts';
import { controlRoutes } from '../exchange/control-routes.ts';
import { Dice } from '../exchange/dice.ts';
import { Exchange } from '../exchange/exchange.ts';
import { loopbackUrl } from '../http/loopback.ts';
import { serve } from '../http/server.ts';
import { uuid, type Vapi, type VapiCall, type VapiControl, type VapiOptions } from './call.ts';
import { vapiRecord } from './call-object.ts';
import { callsRoutes } from './calls-routes.ts';
import { controlUrlRoute, forward } from './control-url.ts';
import { gateRoutes } from './gate-routes.ts';
import { inboundCall } from './inbound.ts';
import { conversationTurn, endOfCallReport, sendMessage, statusUpdate } from './messages.ts';
import { predial } from './predial.ts';
import { scheduleHooks } from './tool-hooks.ts';

/**
 * A Vapi of our own on 127.0.0.1: calls, webhooks, control URLs and lists behave as Vapi's
 * documentation says, and fail as the faults say.
 *
 * @throws RangeError for a webhook URL outside this machine; ZodError for faulty faults or scripts.
 */
export async function startVapi(options: VapiOptions): Promise<Simulator<VapiControl>> {
  if (options.webhookUrl !== undefined) loopbackUrl(options.webhookUrl);
  const exchange: Exchange<VapiCall> = new Exchange<VapiCall>(options, {
    ringing: (call) => statusUpdate(vapi, call),
    answered(call) {
      call.leg?.answered(call.updatedAtMs);
      statusUpdate(vapi, call);
      void sendMessage(vapi, call, { type: 'assistant.started' });
      scheduleHooks(vapi, call);
    },
    turn: (call) => conversationTurn(vapi, call),
    transfer: (call) => forward(vapi, call, { type: 'number', number: '+14155550111' }),
    ended: (call) => ended(vapi, call),
  });
  const orgId = uuid(new Dice(exchange.seed, 'organization'));
  const vapi: Vapi = { exchange, options, orgId, url: '' };
  const control: VapiControl = {
    ...commonControl(exchange, (call) => vapiRecord(vapi, call)),
    inbound: (call) => inboundCall(vapi, call),
    predial: (contact) => predial(vapi, contact),
  };
  const routes = [
    ...callsRoutes(vapi),
    controlUrlRoute(vapi),
    ...controlRoutes(control),
    ...gateRoutes(control),
  ];
  const server = await serve({
    port: options.port ?? 0,
    routes,
    errorBody: (statusCode, message) => ({ message, error: 'Simulated', statusCode }),
  });
  vapi.url = server.url;
  return {
    url: server.url,
    control,
    async stop() {
      exchange.close();
      await server.stop();
    },
  };
}

/** The report comes once the call has been processed, a while after the status. */
function ended(vapi: Vapi, call: VapiCall): void {
  const { clock } = vapi.exchange;
  call.leg?.ended(call.updatedAtMs);
  statusUpdate(vapi, call);
  clock.at((call.endedAtMs ?? clock.now()) + call.script.processingMs, () => {
    call.updatedAtMs = clock.now();
    endOfCallReport(vapi, call);
  });
}
