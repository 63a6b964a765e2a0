import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';

const ROOT = join(__dirname, '../..');

/** A block of TypeScript on a page of the documentation. */
export interface CodeBlock {
  /** The file name in the first line of the block, such as `// worker.ts`. A block with a name is a whole program. */
  readonly name?: string;
  /** The code. A comment `<!-- ts … -->` right before the block adds lines for the compiler. */
  readonly code: string;
}

/** The blocks of TypeScript on a page. `page` is its path from the root of the repository. */
export function codeBlocks(page: string): CodeBlock[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks = text.matchAll(
    /(?:<!-- ts\n(?<hidden>.*?)-->\n+)?```ts\n(?:\/\/ (?<name>\S+\.m?ts)\n)?(?<shown>.*?)```/gs,
  );
  return [...blocks].map(({ groups }) => {
    const name = groups?.['name'];
    return { code: `${groups?.['hidden'] ?? ''}${groups?.['shown']}`, ...(name !== undefined && { name }) };
  });
}

/** The code of a block as a module that Node can require. */
export function toCommonJs(code: string): string {
  return transformSync(code, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  }).code;
}

/** The code of a block as an ES module. */
export function toEsModule(code: string): string {
  return transformSync(code, { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } })
    .code;
}
