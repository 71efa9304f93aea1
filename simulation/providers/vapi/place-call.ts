import { uuid, type Vapi, type VapiCall } from './call.ts';
import { statusUpdate } from './messages.ts';
import { type Assistant, settingsOf } from './settings.ts';

/** The number of ours that calls come from and go to. */
export const OWN_NUMBER = '+14155550142';
export const PHONE_NUMBER_ID = 'c2c1a4de-0a52-4b1b-9f2f-7d54e0c6f8a2';

interface NewCall {
  readonly direction: 'inbound' | 'outbound';
  /** The number of the person at the other end. */
  readonly person: string;
  readonly own?: string | undefined;
  readonly assistantId?: string | undefined;
  readonly assistant?: Assistant | undefined;
  readonly assistantOverrides?: Assistant | undefined;
  readonly phoneNumberId: string;
  readonly customer: Readonly<Record<string, unknown>>;
  readonly name?: string | undefined;
}

/** Remembers a new call. It is not on the line yet. */
export function newVapiCall(vapi: Vapi, wanted: NewCall): VapiCall {
  const { exchange, options } = vapi;
  const { assistant, assistantOverrides } = wanted;
  const settings = settingsOf(assistant, assistantOverrides, options.webhookUrl);
  const own = wanted.own ?? OWN_NUMBER;
  const base = exchange.newCall({
    direction: wanted.direction,
    from: wanted.direction === 'inbound' ? wanted.person : own,
    to: wanted.direction === 'inbound' ? own : wanted.person,
    capMs: settings.maxDurationMs,
    id: uuid,
  });
  const call: VapiCall = Object.assign(base, {
    assistantId: wanted.assistantId,
    assistant,
    assistantOverrides,
    phoneNumberId: wanted.phoneNumberId,
    customer: wanted.customer,
    phoneCallProviderId: `CA${base.dice.hex(32)}`,
    name: wanted.name,
    settings,
    endedReason: undefined,
    forwardedTo: undefined,
    leg: undefined,
  });
  call.leg = options.carrier?.carry({
    sid: call.phoneCallProviderId,
    call,
    hangUp: () => exchange.line.end(call, 'carrier'),
  });
  exchange.calls.set(call.id, call);
  return call;
}

/** Makes an outbound call. */
export function placeCall(vapi: Vapi, wanted: NewCall): VapiCall {
  const call = newVapiCall(vapi, wanted);
  statusUpdate(vapi, call);
  vapi.exchange.line.dial(call);
  return call;
}
