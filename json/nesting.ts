/**
 * Largest number of levels of objects and arrays in a configuration, and in each part of a result. A scalar has no
 * level.
 */
export const MAX_LEVELS = 100;

/**
 * Tells if a value has more levels of objects and arrays than the limit. It stops at the limit, so circular values are
 * safe.
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}

/**
 * Copies a value without the objects and arrays below the limit of levels. Members and elements that are too deep are
 * absent.
 */
export function cutDeeperThan(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const isKept = (member: unknown) => levels > 1 || typeof member !== 'object' || member === null;
  const cut = (member: unknown) => cutDeeperThan(member, levels - 1);
  if (Array.isArray(value)) return value.filter(isKept).map(cut);
  const members = Object.entries(value).filter(([, member]) => isKept(member));
  return Object.fromEntries(members.map(([name, member]) => [name, cut(member)]));
}
