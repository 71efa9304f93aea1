import { expect, test } from 'vitest';
import type { CallLinkRecord, CallRecords } from '../doors.ts';
import type { CallReference } from '../providers/event.ts';
import { quietLog } from '../test/quiet-log.ts';
import { createReaches } from './reach.ts';

const call = { organizationId: 'org_1', callId: 'call-1', holdId: 'hold_1', partition: 0 };

/** Links in memory; each provider id belongs to one call, as in the table. */
function links(stranger?: string) {
  const rows = new Map<string, CallLinkRecord>();
  const state = { away: false, writes: 0 };
  const owner = { ...call, callId: 'call-2', holdId: 'hold_2', provider: 'vapi' };
  if (stranger) rows.set(stranger, { ...owner, providerCallId: stranger });
  const records: Pick<CallRecords, 'link' | 'linksOf'> = {
    async link(link) {
      state.writes += 1;
      const known = rows.get(link.providerCallId);
      if (known !== undefined && known.holdId !== link.holdId) return 'linked_elsewhere';
      rows.set(link.providerCallId, { ...known, ...link });
      return 'linked';
    },
    async linksOf(_, callId) {
      if (state.away) throw new Error('away');
      return [...rows.values()].filter((row) => row.callId === callId).reverse();
    },
  };
  return { state, rows, records };
}

function message(fields: Partial<CallReference>): CallReference {
  const ringfence = { organizationId: undefined, callId: undefined, holdId: undefined };
  const unknown = { controlUrl: undefined, twilioCallSid: undefined, bindings: [] };
  return { provider: 'vapi', providerCallId: 'v-1', ringfence, ...unknown, ...fields };
}

test('a message teaches how its call is reached, once, and another process reads it', async () => {
  const { records, state } = links();
  const reaches = createReaches(records, quietLog());
  for (let i = 0; i < 3; i++) {
    reaches.learn(call, message({ controlUrl: 'https://control' }));
    await reaches.idle();
  }
  expect(state.writes).toBe(1);
  reaches.learn(call, message({ twilioCallSid: 'CA1' }));
  await reaches.idle();
  const known = {
    provider: 'vapi',
    providerCallId: 'v-1',
    controlUrl: 'https://control',
    twilioCallSid: 'CA1',
    claimed: true,
  };
  expect(await reaches.of(call)).toEqual(known);
  expect(await createReaches(records, quietLog()).of(call)).toEqual(known);
});

test('an id that the platform’s provider names with the call stays, whatever is claimed after', async () => {
  const { records } = links();
  const reaches = createReaches(records, quietLog());
  const ringfence = { organizationId: 'org_1', callId: 'call-1', holdId: undefined };
  reaches.learn(call, message({ providerCallId: 'claimed', signedBy: 'org_1', ringfence }));
  await reaches.idle();
  expect(await reaches.of(call)).toMatchObject({ providerCallId: 'claimed', claimed: true });
  reaches.learn(call, message({ ringfence }));
  await reaches.idle();
  expect(await reaches.of(call)).toMatchObject({ providerCallId: 'v-1', claimed: false });
  reaches.learn(call, message({ providerCallId: 'claimed', signedBy: 'org_1', ringfence }));
  await reaches.idle();
  expect(await reaches.of(call)).toMatchObject({ providerCallId: 'v-1', claimed: false });
});

test("an id that belongs to a stranger's call is not used", async () => {
  const { records } = links('v-1');
  const reaches = createReaches(records, quietLog());
  reaches.learn(call, message({ controlUrl: 'https://control' }));
  await reaches.idle();
  expect(await reaches.of(call)).toBeUndefined();
});

test('what was known serves while the records are away; the unknown is an error', async () => {
  const { records, state } = links();
  const reaches = createReaches(records, quietLog());
  reaches.learn(call, message({}));
  await reaches.idle();
  state.away = true;
  expect(await reaches.of(call)).toMatchObject({ providerCallId: 'v-1' });
  await expect(reaches.of({ ...call, holdId: 'hold_3' })).rejects.toThrow('away');
});
