/** A call at a simulated provider whose money runs out while it is talked: somebody has to end it. */
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '../../../scripts/processes.mjs';
import { expected, freshKey } from '../../acceptance/client.ts';
import { organization, wallet } from '../../acceptance/tenants.ts';
import { onLedger } from '../accounts/stores.ts';
import type { ApartStage } from '../stage.ts';
import { RETAIL_MICROS } from './tenants.ts';

/** What its money lasts for. */
const TALK_SECONDS = 8;
const POLICY = {
  minimum_seconds: 5,
  quantum_seconds: 5,
  warn_seconds: 0,
  cutoff_lead_seconds: 1,
  ring_timeout_seconds: 30,
  provider_cap: 'max_duration',
};
const FINAL_MS = 120_000;
/** From its cutoff to its end, whoever was killed meanwhile. */
const ENDED_MS = 60_000;
const COMMITTED_MS = 120_000;
/** By then a second capture would have come. */
const LATER_MS = 2_500;

export interface DoomedCall {
  /** When it has to end, epoch ms. */
  readonly cutoffAtMs: number;
  /** Waits for its end. @returns what it says of itself, and what is wrong with its end */
  over(): Promise<{ note: string; faults: string[] }>;
}

/** Answers when the call is talked, and its money cannot be made to last any longer. */
export async function doomCall({ client, vapi, urls }: ApartStage): Promise<DoomedCall> {
  const organizationId = await organization(client, { call_policy: POLICY });
  const walletId = await wallet(client, organizationId, (RETAIL_MICROS * TALK_SECONDS) / 60);
  const callId = freshKey('doomed');
  const path = `/v1/calls/${callId}`;
  const order = {
    organization_id: organizationId,
    wallet_id: walletId,
    provider: 'vapi',
    to: `+1415${String(Date.now()).slice(-7)}`,
    phone_number_id: 'number-of-the-simulation',
    assistant_id: 'assistant-of-the-simulation',
  };
  const dialled = expected(201, 'dial', await client.post(`${path}/dial`, order, null));
  const holdId = String(dialled.hold_id);
  const recordOf = () => vapi.control.records().find(({ to }) => to === order.to);
  const cutoffOf = async () => {
    const { body } = await client.get(`${path}?organization_id=${organizationId}`);
    return Date.parse(String((body.cutoff as { at?: string } | undefined)?.at));
  };
  let cutoffAtMs = Number.NaN;
  const isFinal = async () => {
    cutoffAtMs = await cutoffOf();
    return Number.isFinite(cutoffAtMs);
  };
  if (!(await waitUntil(isFinal, FINAL_MS)))
    throw new Error('a call with little money is not final');
  return {
    cutoffAtMs,
    async over() {
      const isOver = () => recordOf()?.phase === 'ended';
      if (!(await waitUntil(isOver, ENDED_MS))) {
        return { note: '', faults: [`${callId} goes on ${ENDED_MS} ms after its cutoff`] };
      }
      const { endedAtMs = 0, endedBy, pushes = [] } = recordOf() ?? {};
      const captures = () =>
        onLedger(
          urls(),
          (sql) => sql<{ amount: number }[]>`
            SELECT amount_micros AS amount FROM ledger_entries
            WHERE hold_id = ${holdId} AND operation IN ('capture', 'record', 'expire')`,
        );
      await waitUntil(async () => (await captures()).length > 0, COMMITTED_MS);
      await pause(LATER_MS);
      const found = await captures();
      const faults = [
        ...(endedBy === 'pushed' ? [] : [`${callId} was ended by ${endedBy}`]),
        ...(found.length === 1 ? [] : [`${callId} was captured ${found.length} times`]),
      ];
      const ms = Math.round(endedAtMs - cutoffAtMs);
      return { note: `cut off ${ms} ms after its moment, ${pushes.length} pushes`, faults };
    },
  };
}
