/**
 * `npm run test:stress -- [--times N] [--at-once N] [FILE…]`: repeats test files, one or more at a time, beside processes
 * that keep all cores but one busy, and fails if a file fails once. Without files it repeats all tests of `test/` that
 * start processes, except those of `test/e2e/`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
/** Keeps one core busy, and ends with this process, however that ends. */
const BURNER = `process.on('disconnect', () => process.exit());
  const burn = () => { for (const end = Date.now() + 50; Date.now() < end; ); setImmediate(burn); };
  burn();`;
/** Matches the source of a test that starts a command, a worker or a real server of its own. */
const STARTS_PROCESSES =
  /node:child_process|\/worker-process'|\/run-command'|\/run-example'|startOwnDevServer|startDevServer|'dev-server'|runSoak/;

function processTests() {
  const names = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' });
  const tests = names.filter((name) => name.endsWith('.test.ts') && !name.startsWith('e2e')).sort();
  return tests
    .map((name) => join('test', name))
    .filter((name) => STARTS_PROCESSES.test(readFileSync(join(ROOT, name))));
}

/** Runs one test file, and returns its output if it fails. */
async function failureOf(file) {
  const config = file.startsWith(join('test', 'e2e')) ? 'test/e2e/jest.config.js' : 'jest.config.js';
  const args = ['node_modules/jest/bin/jest.js', '--config', config, '--runInBand', '--runTestsByPath', file];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [status] = await once(child, 'close');
  return status === 0 ? undefined : output;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: 'string', default: '20' }, 'at-once': { type: 'string', default: '1' } },
});
const [times, atOnce] = [values.times, values['at-once']].map(Number);
if (![times, atOnce].every((count) => Number.isInteger(count) && count >= 1)) {
  process.stderr.write('--times and --at-once must be whole numbers from 1\n');
  process.exit(2);
}
const files = positionals.length > 0 ? positionals : processTests();
const burners = Array.from({ length: Math.max(1, availableParallelism() - 1) }, () =>
  spawn(process.execPath, ['-e', BURNER], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
);
const runs = Array.from({ length: times }, (_, at) => files.map((file) => ({ time: at + 1, file })))
  .flat()
  .values();
let failed = 0;
async function repeat() {
  for (const { time, file } of runs) {
    const failure = await failureOf(file);
    if (failure !== undefined) failed += 1;
    process.stdout.write(`${time} of ${times}: ${file} ${failure === undefined ? 'passed' : `failed\n${failure}`}\n`);
  }
}
await Promise.all(Array.from({ length: atOnce }, repeat));
for (const burner of burners) burner.kill();
process.stdout.write(`${files.length * times - failed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
