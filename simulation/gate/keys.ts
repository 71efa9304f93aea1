import { createSecretKey } from 'node:crypto';

export const CHAIN_KEY = createSecretKey(Buffer.alloc(32, 'gate'));
