/** Whose the holds are that this process authorized lately; bounded, the oldest goes first. */
export interface RecentHolds {
  get(holdId: string): string | undefined;
  add(holdId: string, organizationId: string): void;
}

export function createRecentHolds(max = 10_000): RecentHolds {
  const organizations = new Map<string, string>();
  return {
    get: (holdId) => organizations.get(holdId),
    add(holdId, organizationId) {
      organizations.set(holdId, organizationId);
      if (organizations.size <= max) return;
      const oldest = organizations.keys().next();
      if (!oldest.done) organizations.delete(oldest.value);
    },
  };
}
