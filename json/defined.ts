/** The members of `T`. Each may be absent, and none is `undefined`. */
export type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Copies an object without the members that are `undefined`, as JSON does. */
export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
