import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeBlocks, toCommonJs } from './code-blocks';

const CACHE = join(__dirname, '../../.cache');

/**
 * Loads a program of the documentation as a module. Its file is inside the package, so that an import of the package's name
 * leads to the build, as it does for a user.
 */
export function loadBlock(page: string, name: string): unknown {
  const block = codeBlocks(page).find((one) => one.name === name);
  if (block === undefined) throw new Error(`${page} has no ${name}`);
  const directory = join(CACHE, name);
  const path = join(directory, 'module.js');
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, toCommonJs(block.code));
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the file exists only at run time
    return require(path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
