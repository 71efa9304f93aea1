/**
 * The address of a call's control door comes from messages and from tenants, so it could point
 * anywhere: at a neighbour in our own network, or at a name that resolves there. Such a target is
 * checked twice: as it is written, and at the moment its name is resolved for the connection.
 */
import dns from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** Unspecified and loopback, translated IPv4 (its own rules would not apply), local, multicast. */
const PRIVATE_V6: readonly (readonly [string, number])[] = [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const privateAddresses = new BlockList();
for (const [net, prefix] of PRIVATE_V4) privateAddresses.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of PRIVATE_V6) privateAddresses.addSubnet(net, prefix, 'ipv6');

/** True for an IP address that is not on the public internet. */
export function isPrivateAddress(address: string): boolean {
  return privateAddresses.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

export interface Target {
  readonly url: URL;
  /** To be used for the connection; undefined where every address is allowed. */
  readonly lookup: LookupFunction | undefined;
}

/**
 * A foreign URL as a place to send to, or undefined when nothing may be sent there: https only, no
 * credentials, no private address. In development every address goes, and http to loopback.
 */
export function safeTarget(text: string, development: boolean): Target | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (development) {
    const allowed = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(host));
    return allowed ? { url, lookup: undefined } : undefined;
  }
  if (url.protocol !== 'https:') return undefined;
  if (isIP(host) !== 0 && isPrivateAddress(host)) return undefined;
  return { url, lookup: publicLookup };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Resolves a name as usual and fails if any of its addresses is private. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '');
      return;
    }
    const [first] = addresses;
    if (first === undefined || addresses.some(({ address }) => isPrivateAddress(address))) {
      callback(Object.assign(new Error('a private address'), { code: 'EPRIVATE' }), '');
    } else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
