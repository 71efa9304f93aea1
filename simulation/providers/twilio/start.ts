import { commonControl, type Simulator } from '../exchange/control.ts';
import { controlRoutes } from '../exchange/control-routes.ts';
import { Exchange } from '../exchange/exchange.ts';
import { serve } from '../http/server.ts';
import type { Twilio, TwilioCall, TwilioControl, TwilioOptions } from './call.ts';
import { twilioRecord } from './call-resource.ts';
import { statusCallback } from './callbacks.ts';
import { callsRoutes } from './calls-routes.ts';
import { carrier } from './carried-leg.ts';
import { messagesRoutes } from './messages-routes.ts';
import { messageCostMicros } from './price.ts';

/**
 * A Twilio of our own on 127.0.0.1: calls, messages, signed form callbacks and lists behave as
 * Twilio's SDK says, and fail as the faults say. Callbacks go where each request says.
 *
 * @throws RangeError for an account that is not one; ZodError for faulty faults or scripts.
 */
export async function startTwilio(options: TwilioOptions): Promise<Simulator<TwilioControl>> {
  if (!/^AC[0-9a-f]{32}$/.test(options.accountSid)) throw new RangeError('AC and 32 hex digits');
  const exchange: Exchange<TwilioCall> = new Exchange<TwilioCall>(options, {
    ringing(call) {
      statusCallback(twilio, call);
      if (call.ringLimitMs >= call.script.ringMs) return;
      exchange.line.at(call, call.updatedAtMs + call.ringLimitMs, (atMs) => {
        exchange.line.end(call, 'no-answer', atMs);
      });
    },
    answered: (call) => statusCallback(twilio, call),
    ended(call) {
      statusCallback(twilio, call);
      if (call.endedBy === 'pushed' || call.endedBy === 'cap') call.onHangUp?.();
    },
  });
  const twilio: Twilio = { exchange, options, messages: new Map() };
  const control: TwilioControl = {
    ...commonControl(exchange, (call) => twilioRecord(twilio, call)),
    ...carrier(twilio),
    messages: () =>
      [...twilio.messages.values()].map(({ id, to, status, segments, sentAtMs }) => ({
        sid: id,
        to,
        status,
        segments,
        costMicros: sentAtMs === undefined ? 0 : messageCostMicros(segments),
      })),
  };
  const server = await serve({
    port: options.port ?? 0,
    routes: [
      ...callsRoutes(twilio),
      ...messagesRoutes(twilio),
      ...controlRoutes(control),
      {
        method: 'GET',
        path: /^\/simulation\/messages$/,
        handle: () => ({ status: 200, body: control.messages() }),
      },
    ],
    errorBody: (status, message) => ({ code: status * 100, message, status }),
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
