// What is wrong with a cluster as its nodes see it: slots that nobody serves, masters that nothing could
// replace, nodes that do not answer.

import { type ClusterView, linesOf, ownersOf } from './cluster-view.ts';

export interface ClusterHealth {
  /** Addresses of masters that serve slots. */
  readonly masters: readonly string[];
  /** Of them, those without a replica that answers. */
  readonly alone: readonly string[];
  /** How many of the 16,384 slots nobody serves. */
  readonly uncovered: number;
  /** Nodes that others hold for dead, replicas included. */
  readonly failing: readonly string[];
}

/** @param views at least one; the others are used to find out who is right */
export function clusterHealth(views: readonly ClusterView[]): ClusterHealth {
  const owners = ownersOf(views);
  const masters = [...new Set(owners.filter((owner) => owner !== undefined))].sort();
  const lines = views.flatMap(linesOf);
  const failing = new Set(lines.filter(isFailing).map(({ address }) => address));
  const addressOf = new Map(lines.map(({ id, address }) => [id, address]));
  const followed = new Set(
    lines
      .filter(({ flags, address }) => flags.includes('slave') && !failing.has(address))
      .map(({ master }) => addressOf.get(master)),
  );
  return {
    masters,
    alone: masters.filter((master) => !followed.has(master)),
    uncovered: owners.filter((owner) => owner === undefined || failing.has(owner)).length,
    failing: [...failing].sort(),
  };
}

/** `fail` is agreed upon by a majority; `fail?` is one node's own impression. */
function isFailing({ flags }: { readonly flags: readonly string[] }): boolean {
  return flags.includes('fail');
}
