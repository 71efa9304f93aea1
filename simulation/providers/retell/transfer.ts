import type { Retell, RetellCall } from './call.ts';
import { sendEvent } from './webhooks.ts';

const CONSULTING_MS = 3_000;
const APART_MS = 500;

/**
 * The agent hands the person over. If the other side takes it the agent's call ends as
 * `call_transfer`, and the person's leg goes on, and costs, without it.
 */
export function transfer(retell: Retell, call: RetellCall, nowMs: number): void {
  const { exchange } = retell;
  const wanted = call.script.transfer;
  if (wanted === undefined) return;
  sendEvent(retell, call, 'transfer_started');
  exchange.line.at(call, nowMs + CONSULTING_MS, (atMs) => {
    if (!wanted.bridged) {
      sendEvent(retell, call, 'transfer_cancelled');
      return;
    }
    call.transferBridgedAtMs = atMs;
    sendEvent(retell, call, 'transfer_bridged');
    exchange.line.at(call, atMs + APART_MS, (endMs) =>
      exchange.line.end(call, 'transferred', endMs),
    );
    exchange.clock.at(atMs + APART_MS + (wanted.lastsMs ?? 60_000), () => {
      call.transferEndedAtMs = atMs + APART_MS + (wanted.lastsMs ?? 60_000);
      call.updatedAtMs = call.transferEndedAtMs;
      sendEvent(retell, call, 'transfer_ended');
    });
  });
}
