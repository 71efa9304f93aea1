import { safeTarget } from '../../kill-switch/index.ts';
import { Problem } from '../http/problem.ts';

/**
 * Refuses a URL that events may not be sent to, also where its name leads to a private address now. It
 * is checked again at each connection: a name can move.
 * @throws Problem invalid_request
 */
export async function refuseUnsafe(url: string, local: boolean): Promise<void> {
  const target = safeTarget(url, local);
  if (target === undefined) {
    throw refusal('must be an https:// URL of a public address, without a password in it');
  }
  const host = target.url.hostname.replace(/^\[|\]$/g, '');
  const code = await new Promise<string | undefined>((resolve) => {
    target.lookup(host, {}, (error) => resolve(error?.code));
  });
  // A name that cannot be resolved now may be there tomorrow.
  if (code === 'EPRIVATE') throw refusal('must not lead to a private address');
}

function refusal(fault: string): Problem {
  return new Problem('invalid_request', `url ${fault}.`, { param: 'url' });
}
