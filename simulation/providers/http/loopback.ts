const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True for a URL on this machine. A simulator must never call, or be called from, anywhere else. */
export function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && LOOPBACK.test(hostname);
}

/** @throws RangeError for a URL outside this machine. */
export function loopbackUrl(url: string): string {
  if (!isLoopback(url)) throw new RangeError('simulators only talk to loopback addresses');
  return url;
}
