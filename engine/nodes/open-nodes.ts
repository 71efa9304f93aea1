import { openCluster } from './cluster.ts';
import { type Member, type NodeDoor, type Nodes, oneNode } from './nodes.ts';

export const CLUSTER_SCHEME = 'redis+cluster://';

/**
 * Opens the nodes that REDIS_URL names.
 * @throws RequestError on a URL that is not supported; OutageError when no node of a cluster answers
 */
export async function openNodes<N extends Member>(
  url: string,
  door: NodeDoor<N>,
): Promise<Nodes<N>> {
  if (url.startsWith(CLUSTER_SCHEME)) return openCluster(url.slice(CLUSTER_SCHEME.length), door);
  return oneNode(door.open(url), door.close);
}
