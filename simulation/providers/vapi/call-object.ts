import { talkedMs } from '../exchange/phone-call.ts';
import type { CallRecord } from '../exchange/record.ts';
import { commonRecord } from '../exchange/record.ts';
import { endedReason, type Vapi, type VapiCall } from './call.ts';
import { vapiCosts } from './costs.ts';

const iso = (atMs: number | undefined) =>
  atMs === undefined ? undefined : new Date(atMs).toISOString();

/** Vapi's word for where the call is. */
export function statusOf(call: VapiCall): string {
  if (call.phase !== 'live') return call.phase;
  return call.forwardedTo === undefined ? 'in-progress' : 'forwarding';
}

export function controlUrl(vapi: Vapi, call: VapiCall): string {
  return `${vapi.url}/${call.id}/control`;
}

/**
 * The Call object, as the API and webhooks show it. Costs appear once the call has been processed.
 * @param monitor whether to tell the control URL.
 */
export function callObject(vapi: Vapi, call: VapiCall, monitor: boolean): Record<string, unknown> {
  const { exchange } = vapi;
  const processed =
    call.endedAtMs !== undefined &&
    exchange.clock.now() >= call.endedAtMs + call.script.processingMs;
  const costs = processed ? vapiCosts(talkedMs(call, 0)) : undefined;
  return {
    id: call.id,
    orgId: vapi.orgId,
    createdAt: iso(call.createdAtMs),
    updatedAt: iso(call.updatedAtMs),
    type: call.direction === 'inbound' ? 'inboundPhoneCall' : 'outboundPhoneCall',
    status: statusOf(call),
    name: call.name,
    phoneCallProvider: 'twilio',
    phoneCallProviderId: call.phoneCallProviderId,
    phoneCallTransport: 'pstn',
    phoneNumberId: call.phoneNumberId,
    assistantId: call.assistantId,
    assistant: call.assistant,
    assistantOverrides: call.assistantOverrides,
    customer: call.customer,
    destination: call.forwardedTo,
    startedAt: iso(call.startedAtMs),
    endedAt: iso(call.endedAtMs),
    endedReason: endedReason(vapi, call),
    ...(monitor && call.settings.controlEnabled
      ? {
          monitor: {
            listenUrl: `${vapi.url.replace('http', 'ws')}/${call.id}/transport`,
            controlUrl: controlUrl(vapi, call),
          },
        }
      : {}),
    cost: costs?.cost ?? 0,
    costs: costs?.costs,
    costBreakdown: costs?.costBreakdown,
  };
}

export function vapiRecord(vapi: Vapi, call: VapiCall): CallRecord {
  const common = commonRecord(call, vapi.exchange.clock.now());
  return {
    ...common,
    metadata: call.assistantOverrides?.metadata ?? call.assistant?.metadata,
    reportedDurationMs: common.durationMs,
    reason: endedReason(vapi, call),
    costMicros: vapiCosts(common.durationMs).costMicros,
  };
}
