import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParseResult } from '../api';

/** The chunks' contents, in order, with a blank line between them. Empty for a result that holds no chunks. */
export function toMarkdown(result: ParseResult): string {
  if (result.output.kind !== 'inline') return '';
  const contents = result.output.chunks.map(({ content }) => content.trim()).filter(Boolean);
  return contents.length === 0 ? '' : `${contents.join('\n\n')}\n`;
}

/** Where a result was written. */
export interface OutputPaths {
  readonly markdown: string;
  readonly json: string;
}

/** Writes `<name>.md` and `<name>.json` into the directory, which is made if need be. Readers never see half a file. */
export async function writeOutputs(options: {
  readonly directory: string;
  readonly name: string;
  readonly result: ParseResult;
}): Promise<OutputPaths> {
  const { directory, name, result } = options;
  const paths = { markdown: join(directory, `${name}.md`), json: join(directory, `${name}.json`) };
  await mkdir(directory, { recursive: true });
  await writeWhole(paths.json, `${JSON.stringify(result, null, 2)}\n`);
  await writeWhole(paths.markdown, toMarkdown(result));
  return paths;
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
