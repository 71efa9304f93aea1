/**
 * Seals secrets for the database: AES-256-GCM under a key that only the environment has.
 *
 *   | 1 version | 12 nonce, random | ciphertext | 16 tag |
 *
 * The place a secret belongs to is authenticated with it, so a row that was copied under another
 * organization's name does not open. Two keys may be given: the first seals, both open, which is how
 * the key is changed without losing anything.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES;
export const SECRET_KEY_BYTES = 32;

export interface Sealer {
  /** False: there is no key, nothing can be sealed or opened. */
  readonly usable: boolean;
  /** @param place what it belongs to; to be told again when it is opened. */
  seal(text: string, place: string): Buffer;
  /** Undefined when no key opens it: another key sealed it, for another place, or it was altered. */
  open(sealed: Buffer, place: string): string | undefined;
}

/** @param keys base64 of 32 bytes each; the first one seals. */
export function createSealer(keys: readonly string[]): Sealer {
  const opened = keys.map((key) => Buffer.from(key, 'base64'));
  const [first] = opened;
  return {
    usable: first !== undefined,
    seal(text, place) {
      if (first === undefined) throw new Error('there is no key to seal with');
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, first, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(place, 'utf8'));
      const text8 = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(VERSION), nonce, text8, cipher.getAuthTag()]);
    },
    open(sealed, place) {
      if (sealed[0] !== VERSION || sealed.length < HEAD_BYTES + TAG_BYTES) return undefined;
      for (const key of opened) {
        const text = openWith(key, sealed, place);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

function openWith(key: Buffer, sealed: Buffer, place: string): string | undefined {
  const nonce = sealed.subarray(1, HEAD_BYTES);
  const tag = sealed.subarray(-TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(place, 'utf8'));
  decipher.setAuthTag(tag);
  const text = decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    // The tag does not fit; nothing that was deciphered may be used.
    return undefined;
  }
}
