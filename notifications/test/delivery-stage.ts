/** Deliveries against a real receiver, on a real database, with a clock of the test's own. */
import { newId } from '../../engine/index.ts';
import { connect, createDirectory, type Directory, type Sql } from '../../persistence/index.ts';
import { testDatabase } from '../../testing/services.ts';
import { type Receiver, receiver } from '../../testing/webhook-receiver.ts';
import { createDispatcher, type Dispatcher } from '../dispatcher.ts';
import { event } from '../event.ts';
import type { EndpointSecret, SecretBox } from '../webhooks/secrets.ts';
import { newSecret } from '../webhooks/sign.ts';
import { createWebhookChannel } from '../webhooks/webhook-channel.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** Seals nothing: what is sealed and how is another test's business. */
export const OPEN_BOX: SecretBox = {
  seal: (secrets) => Buffer.from(JSON.stringify(secrets).padEnd(64)),
  open: (sealed) => JSON.parse(sealed.toString('utf8')) as EndpointSecret[],
};
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface DeliveryStage {
  readonly databaseUrl: string;
  readonly sql: Sql;
  readonly directory: Directory;
  /** Of the test that runs now. */
  readonly organizationId: string;
  readonly hooks: Receiver;
  /** Epoch ms of all schedules. */
  now: number;
  /** Begins a test; what it answers ends it. */
  begin(): Promise<() => Promise<void>>;
  /** @param local whether it may send to this machine */
  dispatcher(local?: boolean): Dispatcher;
  endpoint(target?: string): Promise<{ id: string; secret: string }>;
  /** Writes events of wallets, `count` of each in turn, as the ledger does. @returns their ids */
  written(wallets: readonly string[], count: number): Promise<string[]>;
  /** Lets time pass, and a dispatcher look whenever something may be due. */
  pass(dispatch: Dispatcher, ms: number, stepMs: number): Promise<void>;
  /** Of an endpoint's deliveries, newest first. */
  states(endpointId: string): Promise<string[]>;
  /** Ids of the events that were answered 2xx. */
  idsTaken(): string[];
  stop(): Promise<void>;
}

export async function deliveryStage(): Promise<DeliveryStage> {
  const database = await testDatabase();
  const sql = connect(database.url, { max: 8, applicationName: 'test' });
  const directory = createDirectory(sql, { partitions: 8, keyMode: 'test' });
  let organizationId = '';
  let hooks = await receiver();
  let events = 0;
  await hooks.close();

  const stage: DeliveryStage = {
    databaseUrl: database.url,
    sql,
    directory,
    get organizationId() {
      return organizationId;
    },
    get hooks() {
      return hooks;
    },
    now: 0,
    async begin() {
      const made = await directory.organizations.create({ name: 'Receiver' });
      if (made.status !== 'created') throw new Error(made.status);
      organizationId = made.organization.id;
      hooks = await receiver();
      // Real signatures are judged against the real clock, so each test begins now.
      stage.now = Date.now();
      return async () => {
        await sql`update notification_endpoints set status = 'disabled'`;
        await hooks.close();
      };
    },
    dispatcher: (local = true) => dispatcherOf(stage, local),
    async endpoint(target = hooks.url) {
      const id = directory.notificationEndpoints.newId('webhook');
      const secret = newSecret();
      const write = directory.notificationEndpoints.creating({
        id,
        channel: 'webhook',
        organizationId,
        target,
        description: '',
        events: ['wallet.*'],
        includeDescendants: false,
        sealed: OPEN_BOX.seal([{ secret }], id),
      });
      await sql.begin((tx) => write(tx, () => undefined));
      return { id, secret };
    },
    async written(wallets, count) {
      const made = Array.from({ length: count }, () => {
        events += 1;
        return wallets.map((walletId) =>
          event('wallet.depleted', [String(events), walletId], {
            organizationId,
            subject: walletId,
            occurredAtMs: stage.now,
            data: { wallet_id: walletId, sequence: events },
          }),
        );
      }).flat();
      await directory.outbox.append(made);
      await directory.outbox.append(made);
      return made.map(({ id }) => id);
    },
    async pass(dispatch, ms, stepMs) {
      const until = stage.now + ms;
      while (stage.now < until) {
        stage.now = Math.min(until, stage.now + stepMs);
        while ((await dispatch.round()) > 0);
      }
    },
    async states(endpointId) {
      const { data } = await directory.deliveryList.list(endpointId, { limit: 100 });
      return data.map(({ state }) => state);
    },
    idsTaken: () => hooks.taken.map(({ id }) => id),
    async stop() {
      await sql.end({ timeout: 1 });
      await database.drop();
    },
  };
  return stage;
}

function dispatcherOf(stage: DeliveryStage, local: boolean): Dispatcher {
  return createDispatcher({
    deliveries: stage.directory.deliveries,
    channels: { webhook: createWebhookChannel(OPEN_BOX, local) },
    log: QUIET,
    owner: newId('req'),
    nowMs: () => stage.now,
    random: () => 0.5,
  });
}
