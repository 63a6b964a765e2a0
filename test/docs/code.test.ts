/** The code in the documentation compiles against the package. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { codeBlocks } from './code-blocks';

const ROOT = join(__dirname, '../..');
/** A directory inside the package, so that an import of the package's name leads to the build, as it does for a user. */
const DIRECTORY = join(ROOT, '.cache/docs');
const PAGES = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.md') && !path.startsWith('reference'))
  .map((path) => join('docs', path));

const withCode = ['README.md', ...PAGES].filter((page) => codeBlocks(page).length > 0);

/** Writes a page's blocks as files. Each fragment becomes a module of its own. */
function writeBlocks(page: string): string[] {
  const directory = join(DIRECTORY, page);
  mkdirSync(directory, { recursive: true });
  return codeBlocks(page).map(({ name, code }, index) => {
    const path = join(directory, name ?? `fragment-${index}.mts`);
    writeFileSync(path, name === undefined ? `${code}\nexport {};\n` : code);
    return path;
  });
}

/** The compiler's errors in all blocks, each with page and file. */
function typeErrors(): string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: Record<string, unknown> };
  };
  // As in a project of a user, there are Node's types only, and nothing leads from the build back to the sources.
  const { rootDir, outDir, declaration, ...compilerOptions } = config.compilerOptions;
  const { options } = ts.convertCompilerOptionsFromJson({ ...compilerOptions, lib: ['es2023'], noEmit: true }, ROOT);
  const host = ts.createCompilerHost(options);
  // As for the command `tsc`. By default, the compiler also parses the docstrings of all types, for editors.
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
  const program = ts.createProgram(withCode.flatMap(writeBlocks), options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const where = relative(DIRECTORY, file?.fileName ?? '');
    return `${where}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

describe('the code of the documentation', () => {
  beforeAll(() => rmSync(DIRECTORY, { recursive: true, force: true }));
  afterAll(() => rmSync(DIRECTORY, { recursive: true, force: true }));

  it('is found', () => {
    expect(withCode).toEqual(expect.arrayContaining(['README.md', 'docs/results.md']));
  });

  it('compiles against the built package', () => {
    expect(typeErrors()).toEqual([]);
  });
});
