/** Vapi with several accounts, each with calls of its own: what one key cannot see, it is 404 for. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface VapiAccounts {
  url: string;
  /** Puts a call into the account of this key. */
  put(key: string, call: BookedCall): void;
  stop(): Promise<void>;
}

export interface BookedCall {
  id: string;
  organizationId: string;
  callId: string;
  startedAtMs: number;
  /** Undefined while it lives. */
  seconds?: number;
}

export async function vapiAccounts(): Promise<VapiAccounts> {
  const accounts = new Map<string, Map<string, BookedCall>>();
  const server = createServer((request, response) => {
    const key = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const calls = accounts.get(key) ?? new Map<string, BookedCall>();
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (pathname === '/call') return send(response, 200, [...calls.values()].map(record));
    const call = calls.get(pathname.replace('/call/', ''));
    if (call === undefined) return send(response, 404, { message: 'not found' });
    send(response, 200, record(call));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    put(key, call) {
      const calls = accounts.get(key) ?? new Map<string, BookedCall>();
      accounts.set(key, calls.set(call.id, call));
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function record({ id, organizationId, callId, startedAtMs, seconds }: BookedCall) {
  const ringfence = { organization_id: organizationId, call_id: callId };
  const startedAt = new Date(startedAtMs).toISOString();
  const call = { id, startedAt, assistantOverrides: { metadata: { ringfence } } };
  if (seconds === undefined) return { ...call, status: 'in-progress' };
  const endedAt = new Date(startedAtMs + seconds * 1000).toISOString();
  return { ...call, status: 'ended', endedAt, endedReason: 'customer-ended-call' };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
