import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** A whole program on a page of the documentation, in any language. */
export interface NamedBlock {
  /** The file name in the first line of the block, such as `# parse.py` or `// main.go`. */
  readonly name: string;
  readonly code: string;
}

/** The blocks of a language on a page that have a file name. `page` is its path from the root of the repository. */
export function namedBlocks(page: string, language: string): NamedBlock[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const pattern = new RegExp(`^\`\`\`${language}\\n(?:#|//) (?<name>\\S+)\\n(?<code>.*?)^\`\`\``, 'gms');
  return [...text.matchAll(pattern)].map(({ groups = {} }) => ({ name: groups['name']!, code: groups['code']! }));
}
