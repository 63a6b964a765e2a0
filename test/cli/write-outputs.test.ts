import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { toMarkdown, type ParseResult } from '../../contract';
import type { Chunk } from '../../contract/extend';
import { OutputDirectory } from '../../cli/output-directory';
import { writeOutputs } from '../../cli/write-outputs';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'outputs-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function resultOf(...contents: string[]): ParseResult {
  const chunks = contents.map((content, index): Chunk => {
    const page = index + 1;
    return { object: 'chunk', type: 'page', content, metadata: { pageRange: { start: page, end: page } }, blocks: [] };
  });
  return {
    runId: 'parser_run_1',
    fileId: 'file_1',
    pageCount: chunks.length,
    processingTimeMs: 1,
    submits: 1,
    polls: 1,
    waitedMs: 1,
    output: { kind: 'inline', chunks },
  };
}

describe('toMarkdown', () => {
  it('joins the contents of the chunks by a blank line', () => {
    expect(toMarkdown(resultOf('# One\n\ntext\n', '', 'Two\n\n'))).toBe('# One\n\ntext\n\nTwo\n');
  });

  it('is empty for a document without content', () => {
    expect(toMarkdown(resultOf())).toBe('');
    expect(toMarkdown(resultOf(' \n'))).toBe('');
  });

  it('is refused for a stored result, which would otherwise seem to be empty', () => {
    const output = { kind: 'stored', uri: 'file:///r.json', bytes: 1, sha256: '', chunkCount: 2 } as const;
    expect(() => toMarkdown({ output })).toThrow(
      new TypeError('toMarkdown needs an inline result: read a stored one by readChunks'),
    );
  });
});

describe('writeOutputs', () => {
  const open = (path: string) => OutputDirectory.open({ path, documents: [], force: false });

  it('creates the directory and writes markdown and result into it', async () => {
    const out = join(directory, 'a', 'b');
    const result = resultOf('# One');
    const paths = await writeOutputs({ output: await open(out), name: 'x', result });
    expect(paths).toEqual({ markdown: join(out, 'x.md'), json: join(out, 'x.json') });
    expect(readFileSync(paths.markdown, 'utf8')).toBe('# One\n');
    expect(JSON.parse(readFileSync(paths.json, 'utf8'))).toEqual(result);
    expect(readdirSync(out).sort()).toEqual(['.extend-parse', 'x.json', 'x.md']);
  });

  it('replaces what an earlier call wrote', async () => {
    await writeOutputs({
      output: await open(directory),
      name: 'x',
      result: resultOf('a much longer text than the new'),
    });
    await writeOutputs({ output: await open(directory), name: 'x', result: resultOf('new') });
    expect(readFileSync(join(directory, 'x.md'), 'utf8')).toBe('new\n');
  });

  it('leaves no partial file if a write fails', async () => {
    mkdirSync(join(directory, 'x.json', 'in-the-way'), { recursive: true });
    const output = await open(directory);
    await expect(writeOutputs({ output, name: 'x', result: resultOf('new') })).rejects.toThrow(/x\.json/);
    expect(readdirSync(directory)).toEqual(['x.json']);
    expect(existsSync(join(directory, 'x.md'))).toBe(false);
  });

  it('writes neither file if one of them may not be replaced', async () => {
    writeFileSync(join(directory, 'x.md'), 'PRECIOUS');
    const output = await open(directory);
    await expect(writeOutputs({ output, name: 'x', result: resultOf('new') })).rejects.toThrow(/x\.md exists/);
    expect(readdirSync(directory)).toEqual(['x.md']);
  });
});
