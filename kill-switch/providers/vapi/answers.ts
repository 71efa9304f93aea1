/** The bodies Vapi expects back. Messages that expect nothing get a plain acknowledgement. */

export interface GateGrant {
  /** Set on the call by Vapi; 10 to 43,200 seconds. */
  readonly maxDurationSeconds: number | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly assistantId: string | undefined;
}

/** Lets an inbound call in, limited to what the wallet can pay. */
export function vapiGateGrant(grant: GateGrant) {
  return {
    ...(grant.assistantId === undefined ? {} : { assistantId: grant.assistantId }),
    assistantOverrides: {
      ...(grant.maxDurationSeconds === undefined
        ? {}
        : { maxDurationSeconds: grant.maxDurationSeconds }),
      metadata: grant.metadata,
    },
  };
}

/** Turns an inbound call away; Vapi speaks the sentence to the caller. */
export function vapiGateRefusal(sentence: string) {
  return { error: sentence };
}

/** The name of the function that a `call.timeElapsed` hook runs to ask for a status check. */
export const TICK_TOOL = 'ringfence_tick';

/** Answers tool calls: `ringfence_tick` ends the call when it must end, others are left alone. */
export function vapiToolResults(
  tools: readonly { readonly id: string; readonly name: string }[],
  endCall: boolean,
) {
  const ticks = tools.filter((tool) => tool.name === TICK_TOOL);
  const goodbye = {
    type: 'request-complete',
    role: 'assistant',
    content: 'I am sorry, we have to end the call here. Goodbye.',
    endCallAfterSpokenEnabled: true,
  };
  return {
    results: ticks.map(({ id, name }) =>
      endCall
        ? { name, toolCallId: id, result: 'balance exhausted', message: goodbye }
        : { name, toolCallId: id, result: 'ok' },
    ),
  };
}
