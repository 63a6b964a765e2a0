import { join } from 'node:path';
import { build } from 'esbuild';
import { PARSER_PROCESS } from './compiled-parser-process';

const ROOT = join(__dirname, '../..');

/** Compiles the emulator's parser process, which runs outside of jest. */
export default async function setUpUnitTests(): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['local/extend/parser-process.ts'],
    outfile: PARSER_PROCESS,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
}
