/** The programs of README.md and docs/getting-started.md work, and the README shows the output of the command. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { describeOutcome } from '../../cli/document-report';
import { startEmulator, type Emulator } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { KEPT_BUNDLES } from '../support/kept-bundles';
import { parseBytes } from '../local/extend/api-call';
import { startOwnDevServer } from '../support/servers';
import { COMMAND } from '../cli/run-command';
import { codeBlocks, toCommonJs, toEsModule } from './code-blocks';

const root = join(__dirname, '../..');
const SAMPLE = join(root, 'cli/sample/invoice.pdf');
/** A directory inside the package, so that an import of the package's name leads to the build, as it does for a user. */
const directory = join(root, '.cache/readme');

/** The programs of a page with their file names. Fragments have no name, and are left out. */
const programsOf = (page: string) =>
  codeBlocks(page).flatMap(({ name, code }) => (name ? [[name, code] as const] : []));
const pages = { readme: programsOf('README.md'), gettingStarted: programsOf('docs/getting-started.md') };

/** Runs the test of the page in plain jest, with no settings but a time limit for a busy machine. */
async function runJest(): Promise<{ status: number | null; output: string }> {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const options = ['--rootDir', directory, '--config', '{}', '--testTimeout', '60000'];
  const child = spawn(process.execPath, [jest, ...options, 'test.js$'], { stdio: 'pipe' });
  let output = '';
  child.stderr.on('data', (part: Buffer) => (output += part.toString()));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, output };
}

/** The lines that the README shows as the output of `npm start`. */
function demoLines(): string[] {
  const [, demo = ''] =
    /```console\n\$ npm start\n(.*?)\n\$ /s.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  return demo.split('\n');
}

describe('the demo of the README', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator.close());

  it('shows the lines that the command prints', async () => {
    const sources = readdirSync(join(root, 'cli')).filter((name) => name.endsWith('.ts'));
    const code = sources.map((name) => readFileSync(join(root, 'cli', name), 'utf8')).join('');
    const [sample = '', temporal = '', extend = '', outcome = '', heading = '', ...markdown] = demoLines();
    const [sampleText = '', label = ''] = sample.split(/(?<=: )/);
    for (const text of [sampleText, temporal.replace(/http:\S+$/, ''), extend]) expect(code).toContain(`\`${text}`);
    const files = { markdown: 'parsed/invoice.md', json: 'parsed/invoice.json' };
    const parsed = { input: label, status: 'processed', pageCount: 1, ...files } as const;
    expect(outcome).toBe(describeOutcome({ label, outcome: parsed }));
    expect(heading).toBe(`the first lines of ${files.markdown}:`);
    const run = await parseBytes(emulator, new Uint8Array(readFileSync(SAMPLE)), 'invoice.pdf');
    const lines = (run.chunks[0].content as string).split('\n').map((line) => `  ${line}`.trimEnd());
    expect(markdown).toEqual(lines.slice(0, 16));
  });
});

describe('the code of the README and of docs/getting-started.md', () => {
  let emulator: Emulator;
  let server: DevServer;

  /** Runs a worker until the test has ended: one of the page, or that of the command. */
  function startWorker(...program: readonly string[]): AsyncDisposable {
    const child = spawn(process.execPath, program, {
      stdio: 'ignore',
      env: {
        ...process.env,
        ...KEPT_BUNDLES,
        TEMPORAL_ADDRESS: server.address,
        EXTEND_API_KEY: 'test',
        EXTEND_BASE_URL: emulator.url,
      },
    });
    const ended = once(child, 'exit');
    return {
      [Symbol.asyncDispose]: async () => {
        child.kill('SIGTERM');
        expect(await ended).toEqual([0, null]);
      },
    };
  }

  beforeAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const [name, code] of [...pages.readme, ...pages.gettingStarted]) {
      writeFileSync(join(directory, name), code);
      const isModule = name.endsWith('.mts');
      writeFileSync(join(directory, name.replace(/ts$/, 'js')), isModule ? toEsModule(code) : toCommonJs(code));
    }
    emulator = await startEmulator();
    // The programs use the default task queue, which other tests may poll on the shared server.
    server = await startOwnDevServer();
  });
  afterAll(async () => {
    await server.close();
    await emulator.close();
  });

  it('has the files that the pages name', () => {
    expect(pages.readme.map(([name]) => name)).toEqual(['backend.ts']);
    expect(pages.gettingStarted.map(([name]) => name)).toEqual([
      ...['worker.ts', 'worker.mts', 'workflows.ts', 'pipeline.test.ts'],
    ]);
  });

  it('parses a document from the backend, with the worker of the command', async () => {
    await using running = startWorker(COMMAND, 'worker');
    expect(running).toBeDefined();
    const before = emulator.runs.length;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the file exists only at run time
    const { parseInvoice } = require(join(directory, 'backend.js')) as {
      parseInvoice: (client: Client, id: string, url: string) => Promise<string>;
    };
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection });
    await expect(parseInvoice(client, '17', 'http://emulator.invalid/ok')).resolves.toMatch(/^# /);
    await expect(parseInvoice(client, 'bad', 'http://emulator.invalid/failing')).resolves.toMatch(
      /^not readable: CORRUPT_FILE \(parser_run_/,
    );
    await parseInvoice(client, '17', 'http://emulator.invalid/ok');
    expect(emulator.runs).toHaveLength(before + 2);
    await connection.close();
  });

  it.each(['worker.js', 'worker.mjs'])('runs a workflow by %s, beside the worker of the command', async (name) => {
    await using ofCommand = startWorker(COMMAND, 'worker');
    await using own = startWorker(join(directory, name));
    expect([ofCommand, own]).toHaveLength(2);
    const connection = await Connection.connect({ address: server.address });
    const handle = await new Client({ connection }).workflow.start('wordCount', {
      taskQueue: 'documents',
      workflowId: `words-${name}`,
      args: ['http://emulator.invalid/ok'],
    });
    await expect(handle.result()).resolves.toBeGreaterThan(0);
    // A worker that does not know the workflow would fail a workflow task.
    const { events } = await handle.fetchHistory();
    expect(events?.filter(({ workflowTaskFailedEventAttributes: failed }) => failed)).toEqual([]);
    await connection.close();
  });

  it('passes as a test of a pipeline in plain jest', async () => {
    expect(await runJest()).toEqual({ status: 0, output: expect.stringContaining('1 passed, 1 total') });
  });
});
