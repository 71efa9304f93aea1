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
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** Unspecified and loopback, tunnelled IPv4 (its own rules would not apply), examples, local, multicast. */
const PRIVATE_V6: readonly (readonly [string, number])[] = [
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const privateAddresses = new BlockList();
for (const [net, prefix] of PRIVATE_V4) privateAddresses.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of PRIVATE_V6) privateAddresses.addSubnet(net, prefix, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** True for an IP address that is not on the public internet. */
export function isPrivateAddress(address: string): boolean {
  return privateAddresses.check(address, familyOf(address));
}

function isLoopbackAddress(address: string): boolean {
  return loopback.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

export interface Target {
  readonly url: URL;
  /** To be used for the connection: it checks every address that the name resolves to. */
  readonly lookup: LookupFunction;
}

/**
 * A foreign URL as a place to send to, or undefined when nothing may be sent there: https only, no
 * credentials, no private address.
 * @param local also loopback, by http as well: where simulators are. Never in production.
 */
export function safeTarget(text: string, local: boolean): Target | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isHere = host === 'localhost' || (isIP(host) !== 0 && isLoopbackAddress(host));
  if (local && isHere && (url.protocol === 'http:' || url.protocol === 'https:')) {
    return { url, lookup: localLookup };
  }
  if (url.protocol !== 'https:') return undefined;
  if (isIP(host) !== 0 && isPrivateAddress(host)) return undefined;
  return { url, lookup: publicLookup };
}

/** Resolves a name as usual and fails if any of its addresses is not allowed. */
function guardedLookup(allows: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '');
        return;
      }
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => allows(address))) {
        callback(Object.assign(new Error('a private address'), { code: 'EPRIVATE' }), '');
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** For names on the public internet: a name that resolves to a neighbour is not connected to. */
export const publicLookup = guardedLookup((address) => !isPrivateAddress(address));

/** For `localhost`, where that is allowed. */
export const localLookup = guardedLookup(isLoopbackAddress);
