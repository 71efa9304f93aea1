import { hash, timingSafeEqual } from 'node:crypto';
import type { ApiKeyRole } from '../../persistence/index.ts';
import { Problem } from '../http/problem.ts';

/** Who makes a request. */
export interface Principal {
  role: ApiKeyRole;
  /** Null for a key of the platform itself. */
  organizationId: string | null;
  keyId: string;
}

/** What authentication needs of the stored keys. */
export interface ApiKeySource {
  /** @param digest the SHA-256 of what was presented */
  find(
    presented: string,
    digest: string,
  ): Promise<{ id: string; organizationId: string | null; role: ApiKeyRole } | undefined>;
}

/** Turns an `Authorization` header into a principal. @throws Problem unauthenticated */
export type Authenticate = (authorization: string | null) => Promise<Principal>;

const ENVIRONMENT_KEY: Principal = {
  role: 'platform',
  organizationId: null,
  keyId: 'environment',
};

/**
 * Bearer keys: the platform's first one comes from the environment, all others are stored by hash.
 * The environment key is compared by digest in constant time, so neither its length nor its
 * beginning shows in the time of an answer.
 */
export function createAuthenticate(adminKey: string, keys: ApiKeySource): Authenticate {
  const adminDigest = bytesOf(sha256(adminKey));
  return async (authorization) => {
    const presented = bearerOf(authorization);
    const digest = sha256(presented);
    if (timingSafeEqual(bytesOf(digest), adminDigest)) return ENVIRONMENT_KEY;
    const key = await keys.find(presented, digest);
    if (key === undefined) throw unauthenticated('This API key is not known or was revoked.');
    return { role: key.role, organizationId: key.organizationId, keyId: key.id };
  };
}

function bearerOf(authorization: string | null): string {
  const match = /^Bearer +([\x21-\x7e]{1,255})$/i.exec(authorization ?? '');
  if (match?.[1] === undefined) throw unauthenticated('Send Authorization: Bearer <API key>.');
  return match[1];
}

function unauthenticated(message: string): Problem {
  return new Problem('unauthenticated', message, { headers: { 'www-authenticate': 'Bearer' } });
}

/** In hex: as a Buffer, which has memory of its own, it takes three times as long. */
function sha256(text: string): string {
  return hash('sha256', text);
}

function bytesOf(digest: string): Buffer {
  return Buffer.from(digest, 'hex');
}
