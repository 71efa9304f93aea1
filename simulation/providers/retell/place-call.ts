import type { Retell, RetellCall } from './call.ts';
import { type AgentOverride, settingsOf } from './settings.ts';

export const OWN_NUMBER = '+14155550142';
export const AGENT_ID = 'agent_6f1b0c2d9e8a7f6b5c4d3e2f10';

/** A new call that is neither remembered nor on the line yet. */
export function newRetellCall(
  retell: Retell,
  wanted: {
    readonly direction: 'inbound' | 'outbound';
    readonly from: string;
    readonly to: string;
    readonly agentId?: string | undefined;
    readonly agentVersion?: number | undefined;
    readonly override?: AgentOverride | undefined;
    readonly metadata?: Readonly<Record<string, unknown>> | undefined;
    readonly dynamicVariables?: Readonly<Record<string, string>> | undefined;
  },
): RetellCall {
  const settings = settingsOf(wanted.override, retell.options.webhookUrl);
  const base = retell.exchange.newCall({
    direction: wanted.direction,
    from: wanted.from,
    to: wanted.to,
    capMs: settings.maxDurationMs,
    id: (dice) => `call_${dice.hex(32)}`,
  });
  return Object.assign(base, {
    agentId: wanted.agentId ?? AGENT_ID,
    agentVersion: wanted.agentVersion ?? 1,
    metadata: wanted.metadata,
    dynamicVariables: wanted.dynamicVariables,
    settings,
    twilioCallSid: `CA${base.dice.hex(32)}`,
    transferBridgedAtMs: undefined,
    transferEndedAtMs: undefined,
    leg: undefined,
  });
}

/** From now on the call is known, and runs over the customer's Twilio account if there is one. */
export function remember({ exchange, options }: Retell, call: RetellCall): void {
  exchange.calls.set(call.id, call);
  call.leg = options.carrier?.carry({
    sid: call.twilioCallSid,
    call,
    hangUp: () => exchange.line.end(call, 'carrier'),
  });
}
