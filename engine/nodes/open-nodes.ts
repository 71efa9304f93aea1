import { openCluster } from './cluster.ts';
import { type Member, type NodeDoor, type Nodes, oneNode } from './nodes.ts';
import { openSentinels } from './sentinels.ts';

export const CLUSTER_SCHEME = 'redis+cluster://';
const SENTINEL_SCHEME = 'redis+sentinel://';

/** Whether the URL names those who know the masters, and not the one server itself. */
export function isIndirect(url: string): boolean {
  return url.startsWith(CLUSTER_SCHEME) || url.startsWith(SENTINEL_SCHEME);
}

/**
 * Opens the nodes that REDIS_URL names.
 * @throws RequestError on a URL that is not supported; OutageError when nobody answers who knows a master
 */
export async function openNodes<N extends Member>(
  url: string,
  door: NodeDoor<N>,
): Promise<Nodes<N>> {
  if (url.startsWith(CLUSTER_SCHEME)) return openCluster(url.slice(CLUSTER_SCHEME.length), door);
  if (url.startsWith(SENTINEL_SCHEME)) {
    return openSentinels(url.slice(SENTINEL_SCHEME.length), door);
  }
  return oneNode(door.open(url), door.close);
}
