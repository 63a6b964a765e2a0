import { describe, expect, it } from '@jest/globals';
import { isStartedByNpm } from '../../cli/end-with-shell';

describe('A command that ends with its shell', () => {
  it.each(["'extend-parse'", 'extend-parse', '"extend-parse" dev', 'extend-parse worker --health 8080'])(
    'is the only one of its script: %s',
    (npm_lifecycle_script) => {
      expect(isStartedByNpm({ npm_lifecycle_script })).toBe(true);
    },
  );

  it.each([
    'extend-parse worker &',
    'extend-parse worker & node service.js',
    'node service.js',
    'extend-parse-other',
    '',
  ])('is not one of a script that may go on, or of another script: %s', (npm_lifecycle_script) => {
    expect(isStartedByNpm({ npm_lifecycle_script })).toBe(false);
  });

  it('is not one without npm', () => {
    expect(isStartedByNpm({})).toBe(false);
  });
});
