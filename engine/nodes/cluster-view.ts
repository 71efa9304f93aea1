// What CLUSTER NODES says, and who owns a slot when several nodes say different things. Each view is
// one node's opinion, perhaps an old one; Redis itself lets the claim with the highest configuration
// epoch win, and so do we.
//
//   <id> <host:port@bus[,name]> <flags> <master> <ping> <pong> <epoch> <link> <slots...> [<slot>->-<id>]

import { SLOTS } from './slot.ts';

/** One node's answer, and the address it was asked at. */
export interface ClusterView {
  readonly askedAt: string;
  readonly text: string;
}

export interface ClusterLine {
  readonly id: string;
  readonly address: string;
  readonly flags: readonly string[];
  /** The id of a replica's master; `-` on the line of a master. */
  readonly master: string;
  readonly epoch: number;
  /** `0-5460`, `5461`, and on the line of the node itself `[93->-<id>]` or `[93-<-<id>]`. */
  readonly slots: readonly string[];
}

/** The address of each slot's master, by slot; undefined where nobody serves it. */
export function ownersOf(views: readonly ClusterView[]): (string | undefined)[] {
  const owners: (string | undefined)[] = new Array(SLOTS).fill(undefined);
  const epochs = new Int32Array(SLOTS).fill(-1);
  const claims = views.flatMap(linesOf).filter(({ flags }) => flags.includes('master'));
  for (const { address, epoch, slots } of claims) {
    for (const range of slots) {
      const [from, to] = boundsOf(range);
      for (let slot = from; slot <= to; slot++) {
        if (epoch <= (epochs[slot] ?? -1)) continue;
        owners[slot] = address;
        epochs[slot] = epoch;
      }
    }
  }
  return owners;
}

/** Every node that a view knows, replicas included: whom to ask when the masters do not answer. */
export function addressesOf(views: readonly ClusterView[]): string[] {
  return [...new Set(views.flatMap(linesOf).map(({ address }) => address))];
}

/** The slots that are being moved away from the node that gave this answer. */
export function migratingSlots(text: string): Set<number> {
  const own = linesOf({ askedAt: '', text }).find(({ flags }) => flags.includes('myself'));
  const moving = (own?.slots ?? []).map((mark) => /^\[(\d+)->-/.exec(mark)?.[1]);
  return new Set(moving.filter((slot) => slot !== undefined).map(Number));
}

/** The nodes of one answer, without those that have no address yet. */
export function linesOf({ askedAt, text }: ClusterView): ClusterLine[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', at = '', flags = '', master = '', , , epoch = '', , ...slots] = line
      .trim()
      .split(' ');
    const address = (at.split(',')[0] ?? '').split('@')[0] ?? '';
    if (flags === '' || flags.includes('noaddr') || flags.includes('handshake')) return [];
    // A node that no other has met yet does not know its own host.
    const known = address.startsWith(':') ? askedAt : address;
    return [{ id, address: known, flags: flags.split(','), master, epoch: Number(epoch), slots }];
  });
}

/** An empty range for the marks of a migration. */
function boundsOf(range: string): [from: number, to: number] {
  const [, from = '0', to = from] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  return range.startsWith('[') ? [1, 0] : [Number(from), Number(to)];
}
