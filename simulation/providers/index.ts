/** Providers of our own, on this machine: for tests, simulations and demonstrations without accounts. */
export type { Control, Counts, Simulator } from './exchange/control.ts';
export type { SimulatorOptions } from './exchange/exchange.ts';
export type { Faults } from './exchange/faults.ts';
export type { Delivery, EndCause, Push } from './exchange/phone-call.ts';
export type { CallRecord } from './exchange/record.ts';
export type { ScriptPlan } from './exchange/script.ts';
export type { RetellControl, RetellOptions } from './retell/call.ts';
export { startRetell } from './retell/start.ts';
export type { TwilioControl, TwilioOptions } from './twilio/call.ts';
export { startTwilio } from './twilio/start.ts';
export type { VapiControl, VapiOptions } from './vapi/call.ts';
export { startVapi } from './vapi/start.ts';
