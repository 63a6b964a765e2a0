/** Risk tested here: the scan of a stream and the decoding of the whole text give different results. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CollectedRun, ContractError, decodeRun, RunScan, type ParserRun } from '../../../contract/extend';
import { FINISHED_PARSE_RUN } from './finished-parse-run';
import { FINISHED_RUN } from './finished-run';

const RUN = FINISHED_RUN.parserRun;
/** A run of each version. The fixture of 2026-02-09 is larger, and few of its places matter to the scan. */
const RUNS = {
  '2025-04-21': RUN,
  '2026-02-09': {
    ...FINISHED_PARSE_RUN,
    output: {
      ...FINISHED_PARSE_RUN.output,
      chunks: [{ ...FINISHED_PARSE_RUN.output.chunks[0], blocks: [] }, { content: '' }],
    },
  },
};
const [CHUNK] = RUN.chunks;

/** Lists every path in a value at which a test can put another value. */
function placesIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => placesIn(member, [...path, name]))];
}

/** Copies a value with another value at one path. `undefined` removes the value at the path. */
function changed(value: unknown, [name, ...rest]: (string | number)[], other: unknown): unknown {
  if (name === undefined) return other;
  if (Array.isArray(value))
    return value.map((element, at) => (String(at) === name ? changed(element, rest, other) : element));
  return { ...(value as object), [name]: changed((value as Record<string, unknown>)[name], rest, other) };
}

/** Members by which the versions differ. A run of one version may get those of the other one. */
const MEMBERS = ['chunks', 'ocr', 'fileId', 'file', 'output', 'outputUrl'].map((name) => [name]);
const odd = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, '', 'text', 7, -1, 1.5, true, [], {}, [[]], '..'),
  fc.constantFrom<unknown>([CHUNK], { id: 'file_1' }, { chunks: [CHUNK] }, { chunks: null, id: 'r' }),
  fc.jsonValue(),
);
const oddRun = (original: unknown) => {
  const place = fc.constantFrom(...placesIn(original).slice(1), ...MEMBERS);
  return fc
    .array(fc.tuple(place, odd), { minLength: 0, maxLength: 3 })
    .map((changes) => changes.reduce<unknown>((value, [path, other]) => changedIfThere(value, path, other), original));
};
const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 3 });

function changedIfThere(value: unknown, path: (string | number)[], other: unknown): unknown {
  try {
    return changed(value, path, other);
  } catch {
    return value;
  }
}

/** Writes the text in parts of these sizes, and repeats the sizes. */
function feed(reader: { write(part: Uint8Array): void; end(): void }, text: string, cut: readonly number[]): void {
  const bytes = Buffer.from(text);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = cut[turn % cut.length] ?? 1;
    reader.write(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  reader.end();
}

function orBreach<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return undefined;
  }
}

/** Decodes the whole text at once. */
function whole(text: string): ParserRun | undefined {
  const decoded = orBreach(() => decodeRun(JSON.parse(text)));
  return decoded?.status === 'PROCESSED' ? decoded : undefined;
}

/** Expects equal values. Jest is asked only about values that differ, because its comparison takes most of the time. */
function expectEqual(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

function sentChunks(text: string): unknown {
  const { chunks, output } = JSON.parse(text) as { readonly chunks?: unknown; readonly output?: { chunks?: unknown } };
  return chunks ?? output?.chunks;
}

const wraps = fc.constantFrom(
  (text: string) => text,
  (text: string) => `\ufeff${text}`,
  (text: string) => `{"success":true,"parserRun":${text},"warning":null}`,
  (text: string) => ` {"id":"req","status":"ok","metrics":{"pageCount":9},"parserRun" : ${text} }`,
);

describe('A run in a stream', () => {
  it.each(Object.entries(RUNS))(
    'of %s is accepted exactly if the whole text is accepted, and gives the same facts, bytes and chunks',
    (_version, original) => {
      fc.assert(
        fc.property(oddRun(original), wraps, sizes, (value, wrap, cut) => {
          const text = JSON.stringify(value);
          let bytes = '';
          const decoder = new TextDecoder();
          const chunks: unknown[] = [];
          const scan = new RunScan({
            onBytes: (part) => (bytes += decoder.decode(part, { stream: true })),
            onChunk: (chunk) => chunks.push(chunk),
          });
          feed(scan, wrap(text), cut);
          const found = orBreach(() => scan.finish());
          const expected = whole(text);
          expectEqual(found !== undefined, expected !== undefined);
          const collected = new CollectedRun();
          feed(collected, wrap(text), cut);
          expectEqual(
            orBreach(() => collected.decode()),
            expected,
          );
          if (found === undefined || expected === undefined) return;
          const { id, fileId, status, metrics, usage, metadata } = expected;
          expectEqual(found.chunkCount, expected.chunks.length);
          expectEqual([found.run.id, found.run.fileId, found.run.status], [id, fileId, status]);
          expectEqual(found.run.metrics?.pageCount, metrics?.pageCount);
          expectEqual(found.run.metrics?.processingTimeMs, metrics?.processingTimeMs);
          expectEqual(found.run.usage?.credits, usage?.credits);
          expectEqual(found.run.metadata, metadata);
          expectEqual(bytes, text);
          expectEqual(chunks, sentChunks(text));
        }),
        { numRuns: 1_000 },
      );
    },
  );

  it('gives its bytes as soon as they can be the run, and holds no bytes after that', () => {
    const pieces: number[] = [];
    const scan = new RunScan({ onBytes: (part) => pieces.push(part.length) });
    const head = '{"id":"r","status":"PROCESSED",';
    scan.write(Buffer.from(head));
    expect(pieces).toEqual([]);
    scan.write(Buffer.from('"chunks":['));
    expect(pieces.reduce((sum, bytes) => sum + bytes, 0)).toBe(head.length + '"chunks":['.length);
  });

  it('is refused if a body continues without a run, so that it needs no memory', () => {
    const scan = new RunScan();
    feed(scan, `{"future":"${'x'.repeat(1_100_000)}","id":"r","status":"PROCESSED","chunks":[]}`, [65_536]);
    expect(() => scan.finish()).toThrow('the body: no run in its first 1048576 bytes');
  });

  it.each(['{"chunks":[]}', 'null'])(
    'is refused if the run has a second output, %s, since JSON.parse keeps the last',
    (second) => {
      const scan = new RunScan();
      feed(scan, `{"id":"r","status":"PROCESSED","output":{"chunks":[{"content":"a"}]},"output":${second}}`, [1_000]);
      expect(() => scan.finish()).toThrow('output: expected one, got two');
    },
  );

  it('gives the same when finish is called twice', () => {
    const scan = new RunScan();
    feed(scan, JSON.stringify(RUN), [1_000]);
    expect(scan.finish()).toEqual(scan.finish());
  });
});
