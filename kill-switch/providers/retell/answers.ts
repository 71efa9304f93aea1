/** The bodies Retell expects back from the inbound webhook. */

/** Lets an inbound call in, limited to what the wallet can pay. */
export function retellGateGrant(grant: {
  /** Set on the call by Retell; 60,000 to 7,200,000 ms. */
  readonly maxDurationSeconds: number | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Needed when the number has no agent of its own, which is the fail-closed way to set it up. */
  readonly overrideAgentId: string | undefined;
}) {
  const limit = grant.maxDurationSeconds;
  return {
    call_inbound: {
      ...(grant.overrideAgentId === undefined ? {} : { override_agent_id: grant.overrideAgentId }),
      ...(limit === undefined
        ? {}
        : { agent_override: { agent: { max_call_duration_ms: limit * 1000 } } }),
      metadata: grant.metadata,
    },
  };
}

/** Turns an inbound call away before any agent is set up. Sent alone: other fields are validated. */
export function retellGateRefusal() {
  return { call_inbound: { reject: true } };
}
