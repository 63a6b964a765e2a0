/** Levels of objects and arrays that a configuration, and each piece of a result, may have. A scalar has none. */
export const MAX_LEVELS = 100;

/** Tells if a value has more than so many levels of objects and arrays. It stops at the limit, so circular values are safe. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}

/** Copies a value without the objects and arrays below so many levels. Members and elements that are too deep are absent. */
export function cutDeeperThan(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const isKept = (member: unknown) => levels > 1 || typeof member !== 'object' || member === null;
  const cut = (member: unknown) => cutDeeperThan(member, levels - 1);
  if (Array.isArray(value)) return value.filter(isKept).map(cut);
  const members = Object.entries(value).filter(([, member]) => isKept(member));
  return Object.fromEntries(members.map(([name, member]) => [name, cut(member)]));
}
