/** The providers' own sample messages, rewritten to one call and signed as the provider signs. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TestProcess } from '../../test/process.ts';

export const VAPI_SECRET = 'vapi-secret-of-the-test';
export const RETELL_KEY = 'retell-key-of-the-test';

const providers = new URL('../../../kill-switch/providers/', import.meta.url);

type Json = Record<string, unknown>;

function fixture(provider: string, name: string): Json {
  return JSON.parse(readFileSync(new URL(`${provider}/fixtures/${name}.json`, providers), 'utf8'));
}

/** What one call's messages have in common. */
export interface Story {
  organizationId: string;
  /** The provider's id of the call. */
  providerCallId: string;
  startedAtMs: number;
  durationMs: number;
  /** Put into the metadata. */
  callId?: string;
}

function metadataOf(story: Story) {
  return {
    organization_id: story.organizationId,
    ...(story.callId === undefined ? {} : { call_id: story.callId }),
  };
}

/** A Vapi sample: ids, metadata and times are those of the story. */
export function vapiMessage(name: string, story: Story, fields: Json = {}): Json {
  const { message } = fixture('vapi', name) as { message: Json };
  const startedAt = new Date(story.startedAtMs).toISOString();
  const endedAt = new Date(story.startedAtMs + story.durationMs).toISOString();
  const sample = message.call as Json;
  const call: Json = {
    ...sample,
    id: story.providerCallId,
    assistantOverrides: { metadata: { ringfence: metadataOf(story) } },
    ...('startedAt' in sample ? { startedAt } : {}),
    ...('endedAt' in sample ? { endedAt } : {}),
  };
  const times = 'endedAt' in message ? { startedAt, endedAt } : {};
  const timestamp = story.startedAtMs + story.durationMs + 1_000;
  return { message: { ...message, assistant: {}, ...times, timestamp, call, ...fields } };
}

/** A Retell sample: ids, metadata and times are those of the story. */
export function retellMessage(name: string, story: Story, fields: Json = {}): Json {
  const body = fixture('retell', name);
  const sample = body.call as Json;
  const flat = Object.entries(metadataOf(story)).map(([key, value]) => [`ringfence_${key}`, value]);
  const ended = 'end_timestamp' in sample;
  const call: Json = {
    ...sample,
    call_id: story.providerCallId,
    metadata: Object.fromEntries(flat),
    start_timestamp: story.startedAtMs,
    ...(ended
      ? {
          end_timestamp: story.startedAtMs + story.durationMs,
          duration_ms: story.durationMs,
        }
      : {}),
    ...fields,
  };
  return { ...body, call };
}

/** Retell asks about an inbound call before there is one. */
export function retellInbound(fields: Json): Json {
  const body = fixture('retell', 'call_inbound');
  return { ...body, call_inbound: { ...(body.call_inbound as Json), ...fields } };
}

/** Signed as by Vapi's default HMAC plan. */
export function sendVapi(
  app: Pick<TestProcess, 'request'>,
  body: unknown,
  path = '/webhooks/vapi',
) {
  const raw = JSON.stringify(body);
  const timestamp = String(Date.now());
  const signature = createHmac('sha256', VAPI_SECRET).update(`${timestamp}.${raw}`).digest('hex');
  return app.request('POST', path, {
    raw,
    headers: { authorization: '', 'x-timestamp': timestamp, 'x-signature': signature },
  });
}

export function retellSignature(raw: string, atMs = Date.now(), key = RETELL_KEY): string {
  return `v=${atMs},d=${createHmac('sha256', key).update(`${raw}${atMs}`).digest('hex')}`;
}

export function sendRetell(
  app: Pick<TestProcess, 'request'>,
  body: unknown,
  path = '/webhooks/retell',
) {
  const raw = JSON.stringify(body);
  const headers = { authorization: '', 'x-retell-signature': retellSignature(raw) };
  return app.request('POST', path, { raw, headers });
}
