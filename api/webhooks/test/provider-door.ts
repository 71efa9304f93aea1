/** A socket before the application of a test, for the webhooks of a simulated provider. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestApplication } from '../../test/application.ts';

export interface ProviderDoor {
  url: string;
  /** The application that webhooks go to from now on; 503 before. */
  opensTo(app: TestApplication): void;
  /** Status of every webhook, by path, oldest first. */
  readonly answered: number[];
  stop(): Promise<void>;
}

export async function providerDoor(path: string): Promise<ProviderDoor> {
  let app: TestApplication | undefined;
  const answered: number[] = [];
  const server = createServer(async (request, response) => {
    const raw = await bodyOf(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    );
    const answer = await app?.request('POST', request.url ?? '', {
      raw,
      headers: { authorization: '', ...headers },
    });
    answered.push(answer?.status ?? 503);
    response.writeHead(answer?.status ?? 503, { 'content-type': 'application/json' });
    response.end(answer?.text ?? '{}');
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    answered,
    opensTo(opened) {
      app = opened;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
