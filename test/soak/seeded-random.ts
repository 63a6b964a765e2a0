/** A generator of random numbers. The same seed gives the same numbers. */
export interface SeededRandom {
  /** A number from 0 up to, but not including, 1. */
  next(): number;
  /** A whole number, both bounds included. */
  whole(from: number, to: number): number;
  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean;
  /** One of the entries, with a probability in proportion to its weight. */
  weighted<T>(entries: readonly (readonly [weight: number, value: T])[]): T;
}

/**
 * Creates a generator from any text. Different texts give unrelated numbers.
 *
 * A seed names a plan for good: the documentation and the tests name seeds. Another algorithm would give them other plans.
 */
export function createRandom(seed: string): SeededRandom {
  let state = hash(seed);
  // The generator "mulberry32" has 32 bits of state, which is enough to choose faults.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    whole: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (probability) => next() < probability,
    weighted: (entries) => {
      let left = next() * entries.reduce((sum, [weight]) => sum + weight, 0);
      const found = entries.find(([weight]) => (left -= weight) < 0) ?? entries.at(-1);
      if (found === undefined) throw new Error('there is nothing to choose from');
      return found[1];
    },
  };
}

/** The FNV-1a hash of a text. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value;
}
