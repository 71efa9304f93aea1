/** The real clients against the simulated providers: what is told of an order is what became of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createRetellClient,
  createTwilioClient,
  createVapiClient,
  type DialOrder,
  type ProviderClient,
  ProviderOutage,
  type ProviderRecord,
} from '../kill-switch/index.ts';
import type { Control, Simulator } from './providers/exchange/control.ts';
import { startRetell } from './providers/retell/start.ts';
import { eventually } from './providers/test/eventually.ts';
import { startTwilio } from './providers/twilio/start.ts';
import { startVapi } from './providers/vapi/start.ts';

interface Stage {
  simulator: Simulator<Control>;
  client: ProviderClient;
  order: Omit<DialOrder, 'to'>;
}

const accountSid = 'AC00000000000000000000000000000001';
const nested = { ringfence: { organization_id: 'org_1', call_id: 'c-1' } };
const flat = { ringfence_organization_id: 'org_1', ringfence_call_id: 'c-1' };
const options = {
  seed: 11,
  // A call of ten minutes outlives a machine that stands still for a while.
  scale: 10,
  script: { queueMs: 100, ringMs: 100, talkMs: 3_000_000, turnEveryMs: 0, processingMs: 100 },
};

const stages: Record<string, () => Promise<Stage>> = {
  async vapi() {
    const authentication = { type: 'none' } as const;
    const simulator = await startVapi({ ...options, apiKey: 'key', authentication });
    const client = createVapiClient({ apiKey: 'key', baseUrl: simulator.url, development: true });
    const order = { from: 'number', agent: 'assistant', capSeconds: 600, metadata: nested };
    return { simulator, client, order };
  },
  async retell() {
    const simulator = await startRetell({ ...options, apiKey: 'key' });
    const client = createRetellClient({ apiKey: 'key', baseUrl: simulator.url });
    const order = { from: '+14155550142', agent: 'agent_1', capSeconds: 600, metadata: flat };
    return { simulator, client, order };
  },
  async twilio() {
    const account = { accountSid, authToken: 'token' };
    const simulator = await startTwilio({ ...options, ...account });
    const client = createTwilioClient({ ...account, baseUrl: simulator.url });
    const agent = 'https://agents.example.com/desk.xml';
    const order = { from: '+14155550142', agent, capSeconds: 600, metadata: flat };
    return { simulator, client, order };
  },
};

describe.each(Object.keys(stages))('%s', (provider) => {
  let stage: Stage;
  let numbers = 1_000;
  beforeAll(async () => {
    stage = await (stages[provider] as () => Promise<Stage>)();
  });
  beforeEach(() => stage.simulator.control.setFaults({}));
  afterAll(() => stage.simulator.stop());

  const newNumber = () => `+1415555${numbers++}`;
  const truth = (id: string) => {
    const record = stage.simulator.control.record(id);
    if (record === undefined) throw new Error(`no call ${id}`);
    return record;
  };

  async function dialled(to = newNumber()) {
    const result = await stage.client.create({ ...stage.order, to });
    if (result.status !== 'created') throw new Error(JSON.stringify(result));
    return result;
  }

  async function talking() {
    const call = await dialled();
    await eventually(() => truth(call.providerCallId).phase).toBe('live');
    return call;
  }

  async function fetched(id: string): Promise<ProviderRecord> {
    const record = await stage.client.fetch(id);
    if (record === 'not_found') throw new Error(`not found: ${id}`);
    return record;
  }

  async function listed(): Promise<ProviderRecord[]> {
    const { client, simulator } = stage;
    const nowMs = simulator.control.now();
    const records: ProviderRecord[] = [];
    for await (const record of client.list(new Date(nowMs - 86_400_000), new Date(nowMs))) {
      records.push(record);
    }
    return records;
  }

  test('a call is placed with its cap, lives, is ended, and its record is the truth', async () => {
    const call = await talking();
    expect(truth(call.providerCallId).capMs).toBe(600_000);
    const live = await fetched(call.providerCallId);
    expect(live).toMatchObject({ live: true });
    if (provider !== 'twilio') {
      expect(live.ringfence).toMatchObject({ organizationId: 'org_1', callId: 'c-1' });
    }
    expect(await stage.client.hangUp(call)).toEqual({ status: 'accepted' });
    expect(truth(call.providerCallId)).toMatchObject({ phase: 'ended', endedBy: 'pushed' });
    expect(await stage.client.hangUp(call)).toEqual({ status: 'already_over' });
    await eventually(async () => (await fetched(call.providerCallId)).costMicros).toBe(
      truth(call.providerCallId).costMicros,
    );
    expect(await fetched(call.providerCallId)).toMatchObject({
      live: false,
      durationMs: truth(call.providerCallId).reportedDurationMs,
      outcome: 'completed',
      reasonKnown: true,
    });
  });

  test.each([
    ['busy', /^no_answer$/],
    ['no-answer', /^no_answer$/],
    // Vapi's reasons do not tell a line that failed from one that nobody picked up.
    ['failed', /^(no_answer|failed)$/],
  ] as const)('a call that is %s costs no time', async (answer, outcome) => {
    const to = newNumber();
    stage.simulator.control.script(to, { queueMs: 10, ringMs: 10, answer });
    const call = await dialled(to);
    await eventually(() => truth(call.providerCallId).phase).toBe('ended');
    const record = await fetched(call.providerCallId);
    expect(record).toMatchObject({ live: false, durationMs: 0, reasonKnown: true });
    expect(record.outcome).toMatch(outcome);
  });

  test('a hang-up that is refused says so, until it is obeyed', async () => {
    const call = await talking();
    stage.simulator.control.setFaults({ hangUps: { refused: 2 } });
    const refused = { status: 'refused', retryable: true };
    expect(await stage.client.hangUp(call)).toMatchObject(refused);
    expect(await stage.client.hangUp(call)).toMatchObject(refused);
    expect(await stage.client.hangUp(call)).toEqual({ status: 'accepted' });
  });

  test('a hang-up whose answer is lost is unreachable, and then already over', async () => {
    const call = await talking();
    stage.simulator.control.setFaults({ requests: { 'hang-up': { truncated: 1 } } });
    expect(await stage.client.hangUp(call)).toEqual({ status: 'unreachable' });
    stage.simulator.control.setFaults({});
    expect(truth(call.providerCallId).phase).toBe('ended');
    expect(await stage.client.hangUp(call)).toEqual({ status: 'already_over' });
  });

  test.each(['errorAfter', 'resetAfter', 'truncated'] as const)(
    'a dial that is cut short (%s) is unknown, and the list has the one call',
    async (fault) => {
      const before = stage.simulator.control.records().length;
      stage.simulator.control.setFaults({ requests: { create: { [fault]: 1 } } });
      const result = await stage.client.create({ ...stage.order, to: newNumber() });
      expect(result).toMatchObject({ status: 'unknown' });
      stage.simulator.control.setFaults({});
      const [placed, ...more] = stage.simulator.control.records().slice(before);
      expect(more).toEqual([]);
      // A record that changes during the question, or a call that Retell has not connected yet, is
      // in the next list.
      await eventually(async () => {
        const ids = (await listed()).map(({ providerCallId }) => providerCallId);
        return ids.filter((id) => id === placed?.providerCallId).length;
      }).toBe(1);
    },
  );

  test('a provider in trouble is an outage, never "no such call" and never "no calls"', async () => {
    const call = await dialled();
    for (const fault of ['errorBefore', 'resetBefore', 'truncated']) {
      stage.simulator.control.setFaults({ requests: { '*': { [fault]: 1 } } });
      await expect(fetched(call.providerCallId)).rejects.toBeInstanceOf(ProviderOutage);
      await expect(listed()).rejects.toBeInstanceOf(ProviderOutage);
    }
    stage.simulator.control.setFaults({});
    const unknown = call.providerCallId.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect(await stage.client.fetch(unknown)).toBe('not_found');
  });
});
