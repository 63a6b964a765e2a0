/** docs/reference is up to date: `npm run docs:reference` was run after the last change of a docstring. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const ROOT = join(__dirname, '../..');

/** All files below a directory, by their paths. */
function filesOf(directory: string): Record<string, string> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  const files = paths.filter((path) => statSync(join(directory, path)).isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(directory, path), 'utf8')]));
}

it('docs/reference equals the output of typedoc', () => {
  const out = mkdtempSync(join(tmpdir(), 'reference-'));
  try {
    const typedoc = join(ROOT, 'node_modules/typedoc/bin/typedoc');
    execFileSync(process.execPath, [typedoc, '--out', out], { cwd: ROOT, stdio: 'pipe' });
    expect(filesOf(join(ROOT, 'docs/reference'))).toEqual(filesOf(out));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
