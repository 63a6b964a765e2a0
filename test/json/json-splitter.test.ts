import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { collectValue, JsonSplitter, JsonSyntaxError, type JsonPath } from '../../json';

/** Writes the text in parts of these sizes, and repeats the sizes. */
function feed(splitter: JsonSplitter, text: string | Uint8Array, sizes: readonly number[]): void {
  const bytes = Buffer.from(text);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    // Each part has its own memory, so that the test notices a splitter that keeps a view of an earlier part.
    const part = Buffer.from(bytes.subarray(at, at + size));
    splitter.write(part);
    at += size;
  }
  splitter.end();
}

const isAccepted = (text: string | Uint8Array, sizes = [1_000]): boolean => {
  try {
    feed(new JsonSplitter(3, () => undefined), text, sizes);
    return true;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** Gives every value down to the depth, by its path. */
function valuesOf(text: string, sizes: readonly number[], depth: number): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const take = (path: JsonPath) => {
    const name = JSON.stringify(path);
    return collectValue(1_000_000, (value) => (found[name] = value));
  };
  feed(new JsonSplitter(depth, take), text, sizes);
  return found;
}

function expectedValues(value: unknown, depth: number, path: JsonPath = []): Record<string, unknown> {
  const own = { [JSON.stringify(path)]: value };
  if (depth === 0 || typeof value !== 'object' || value === null) return own;
  const entries = Array.isArray(value) ? value.map((item, at) => [at, item] as const) : Object.entries(value);
  return Object.assign(own, ...entries.map(([name, item]) => expectedValues(item, depth - 1, [...path, name])));
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 });
const json = fc.json({ maxDepth: 5 });
const spacing = fc.constantFrom(undefined, 1, '\t', '\r\n ');

describe('JsonSplitter', () => {
  it('finds every value of any JSON, for any division into parts', () => {
    fc.assert(
      fc.property(json, sizes, fc.integer({ min: 0, max: 4 }), spacing, (text, cut, depth, space) => {
        const spelled = JSON.stringify(JSON.parse(text), undefined, space);
        expect(valuesOf(spelled, cut, depth)).toEqual(expectedValues(JSON.parse(text), depth));
      }),
      { numRuns: 300 },
    );
  });

  it('passes on exactly the bytes of a value', () => {
    const text = ' { "a" : [ 1e5 ,"\\u00e9\\"]" ] ,"b":{}}\n';
    for (let size = 1; size < text.length; size++) {
      const got: Record<string, string> = {};
      const splitter = new JsonSplitter(2, (path) => {
        const name = path.join('.');
        return { write: (bytes) => void (got[name] = (got[name] ?? '') + Buffer.from(bytes).toString()) };
      });
      feed(splitter, text, [size]);
      expect(got).toEqual({
        '': '{ "a" : [ 1e5 ,"\\u00e9\\"]" ] ,"b":{}}',
        a: '[ 1e5 ,"\\u00e9\\"]" ]',
        'a.0': '1e5',
        'a.1': '"\\u00e9\\"]"',
        b: '{}',
      });
    }
  });

  it('accepts and refuses the same texts as JSON.parse', () => {
    const alphabet = [...'{}[]:,"\\ntrue-0.1eE+ \t\u0001/'];
    const soup = fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(soup, sizes, (text, cut) => expect(isAccepted(text, cut)).toBe(isJson(text))),
      { numRuns: 3_000 },
    );
  });

  it('accepts and refuses the same texts as JSON.parse, for texts with one changed position', () => {
    const place = fc.tuple(fc.nat(), fc.constantFrom('', '"', '\\', '}', ']', ',', ':', '0', 'e', '\\u12'));
    fc.assert(
      fc.property(json, place, sizes, (text, [at, letter], cut) => {
        const from = at % text.length;
        const broken = text.slice(0, from) + letter + text.slice(from + 1);
        expect(isAccepted(broken, cut)).toBe(isJson(broken));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    '',
    ' ',
    '{',
    '{"a":1',
    '[1,]',
    '{"a":1,}',
    '01',
    '1.',
    '"\\u12g4"',
    '"\\x"',
    '"\n"',
    'nul',
    '1 2',
    '{1:2}',
  ])('refuses %j', (text) => {
    expect(isAccepted(text)).toBe(false);
    expect(isAccepted(text, [1])).toBe(false);
  });

  it.each([[1], [2], [3], [1_000]])('skips a byte order mark before the text, in parts of %d bytes', (size) => {
    expect(isAccepted('\ufeff {"a":[1]}', [size])).toBe(true);
    for (const text of ['\ufeff', '\ufeff\ufeff{}', ' \ufeff{}', '{\ufeff}'])
      expect(isAccepted(text, [size])).toBe(false);
    expect(isAccepted(Buffer.from([0xef, 0xbb, 0x7b, 0x7d]), [size])).toBe(false);
    expect(isAccepted(Buffer.from([0xef, 0x7b, 0x7d]), [size])).toBe(false);
    const got: string[] = [];
    const splitter = new JsonSplitter(0, () => ({ write: (bytes) => void got.push(Buffer.from(bytes).toString()) }));
    feed(splitter, '\ufeff {"a":1} ', [size]);
    expect(got.join('')).toBe('{"a":1}');
  });

  it('gives the first byte of each value', () => {
    const firsts: string[] = [];
    const splitter = new JsonSplitter(2, (_, first) => void firsts.push(String.fromCharCode(first)));
    feed(splitter, '[{"a":"x"},[-1],true,null,0]', [1]);
    expect(firsts.join('')).toBe('[{"[-tn0');
  });

  it('shows none of the text in its errors', () => {
    for (const text of ['{"a": SECRET}', '"\\u00SECRET"', '[1 SECRET]', '{"a" SECRET', '<html>SECRET']) {
      expect(() => feed(new JsonSplitter(2, () => undefined), text, [100])).toThrow(
        expect.objectContaining({ message: expect.not.stringMatching(/SECRET|html/) }),
      );
    }
  });

  it('limits the nesting and the length of numbers, and not the length of strings', () => {
    expect(isAccepted(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`)).toBe(true);
    expect(isAccepted(`${'['.repeat(1_000_001)}${']'.repeat(1_000_001)}`)).toBe(false);
    expect(isAccepted('1'.repeat(1_001))).toBe(false);
    expect(isAccepted(`"${'x'.repeat(3_000_000)}"`, [65_536])).toBe(true);
    expect(isAccepted(`{"${'x'.repeat(3_000_000)}":1}`, [65_536])).toBe(true);
  });
});

describe('collectValue', () => {
  it('gives nothing of a value above its limit', () => {
    const found: unknown[] = [];
    const take = ([position]: JsonPath) =>
      position === undefined ? undefined : collectValue(6, (value) => found.push(value));
    feed(new JsonSplitter(1, take), '["1234","12345",["é",1],["é"]]', [3]);
    expect(found).toEqual(['1234', undefined, undefined, ['é']]);
  });
});
