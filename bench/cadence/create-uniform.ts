import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';

/** Creates a generator of uniform random numbers from 0 up to, but not including, 1. The same seed gives the same numbers. */
export function createUniform(seed: number): () => number {
  const generator = mersenne(seed);
  return () => uniformFloat64(generator);
}
