import { talkedMs } from '../exchange/phone-call.ts';
import { type CallRecord, commonRecord } from '../exchange/record.ts';
import { disconnectionReason, type Retell, type RetellCall, statusOf } from './call.ts';
import { retellCosts } from './costs.ts';

/** Whether the analysis that follows the call is done. */
export function isAnalyzed(retell: Retell, call: RetellCall): boolean {
  const { endedAtMs, script } = call;
  return endedAtMs !== undefined && retell.exchange.clock.now() >= endedAtMs + script.processingMs;
}

/** What the person went on talking without the agent, ms; 0 until it is over. */
function transferMs(call: RetellCall): number {
  if (call.transferBridgedAtMs === undefined || call.transferEndedAtMs === undefined) return 0;
  return call.transferEndedAtMs - call.transferBridgedAtMs;
}

function costOf(retell: Retell, call: RetellCall, analyzed: boolean) {
  if (!analyzed && retell.options.costAtEnd === 'absent') return undefined;
  const durationMs = talkedMs(call, 0);
  return retellCosts({ durationMs, transferMs: transferMs(call), analyzed }).callCost;
}

/** The call object of lists: everything but what was said. */
export function listedCall(
  retell: Retell,
  call: RetellCall,
  analyzed = isAnalyzed(retell, call),
): Record<string, unknown> {
  const times =
    call.startedAtMs === undefined && call.endedAtMs !== undefined
      ? // A call that was never connected began when it ended.
        { start_timestamp: call.endedAtMs, end_timestamp: call.endedAtMs, duration_ms: 0 }
      : { start_timestamp: call.startedAtMs, end_timestamp: call.endedAtMs };
  const over = call.endedAtMs !== undefined;
  return {
    call_type: 'phone_call',
    call_id: call.id,
    agent_id: call.agentId,
    agent_name: 'Front desk',
    agent_version: call.agentVersion,
    call_status: statusOf(call),
    from_number: call.from,
    to_number: call.to,
    direction: call.direction,
    metadata: call.metadata,
    retell_llm_dynamic_variables: call.dynamicVariables,
    data_storage_setting: 'everything',
    opt_in_signed_url: false,
    telephony_identifier:
      call.phase === 'queued' ? undefined : { twilio_call_sid: call.twilioCallSid },
    ...times,
    ...(over ? { duration_ms: talkedMs(call, 0) } : {}),
    transfer_end_timestamp: call.transferEndedAtMs,
    disconnection_reason: disconnectionReason(call),
    call_cost: over ? costOf(retell, call, analyzed) : undefined,
  };
}

/** The whole call object, with a transcript once it has been answered. */
export function callObject(
  retell: Retell,
  call: RetellCall,
  analyzed = isAnalyzed(retell, call),
): Record<string, unknown> {
  const spoken = 'Agent: simulated.\n';
  const size = call.script.transcriptBytes;
  const transcript = spoken.repeat(Math.ceil(size / spoken.length)).slice(0, size);
  return {
    ...listedCall(retell, call, analyzed),
    ...(call.startedAtMs === undefined ? {} : { transcript }),
    ...(analyzed
      ? {
          call_analysis: { call_summary: 'Simulated.', in_voicemail: call.endedBy === 'voicemail' },
        }
      : {}),
  };
}

export function retellRecord(retell: Retell, call: RetellCall): CallRecord {
  const common = commonRecord(call, retell.exchange.clock.now());
  const { durationMs } = common;
  return {
    ...common,
    metadata: call.metadata,
    reportedDurationMs: durationMs,
    reason: disconnectionReason(call),
    costMicros: retellCosts({ durationMs, transferMs: transferMs(call), analyzed: true })
      .costMicros,
  };
}
