/** Alters what Redis holds behind the engine's back. */
import {
  createConnection,
  type HoldState,
  keys,
  packHoldState,
  packWalletState,
  unpackHoldState,
  unpackWalletState,
  type WalletState,
} from '../engine/index.ts';

export interface RedisImage {
  readonly raw: ReturnType<typeof createConnection>;
  wallet(partition: number, id: string): Promise<WalletState>;
  /** Answers how to put it back as it was. */
  alterWallet(
    partition: number,
    id: string,
    changes: Partial<WalletState>,
  ): Promise<() => Promise<void>>;
  hold(partition: number, id: string): Promise<HoldState>;
  putHold(partition: number, id: string, hold: HoldState): Promise<void>;
  stop(): void;
}

export async function redisImage(url: string): Promise<RedisImage> {
  const raw = createConnection(url);
  await raw.connect();
  const packed = async (key: string) => {
    const value = await raw.getBuffer(key);
    if (value === null) throw new Error(`${key} is not in Redis`);
    return value;
  };
  const image: RedisImage = {
    raw,
    wallet: async (partition, id) => unpackWalletState(await packed(keys.wallet(partition, id))),
    async alterWallet(partition, id, changes) {
      const key = keys.wallet(partition, id);
      const before = await packed(key);
      await raw.set(key, packWalletState({ ...unpackWalletState(before), ...changes }));
      return async () => {
        await raw.set(key, before);
      };
    },
    hold: async (partition, id) => unpackHoldState(await packed(keys.hold(partition, id))),
    async putHold(partition, id, hold) {
      await raw.set(keys.hold(partition, id), packHoldState(hold));
    },
    stop: () => raw.disconnect(),
  };
  return image;
}
