/** The programs of docs/other-languages.md run with the real SDKs of Python and Go, against real workers. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { ParseClient } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { namedBlocks } from '../docs/named-blocks';
import { ROOT } from '../package/packed-project';
import { startOwnDevServer } from '../support/servers';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process';

const PAGE = 'docs/other-languages.md';
const PYTHON_SDK = 'temporalio==1.35.0';
const GO_SDK = 'go.temporal.io/sdk@v1.51.0';
/** A poll so late that only the signal can end the document within the test. */
const LATE = { initialDelayMs: 3_600_000 };

/** Runs a program with the address of the server, and returns its standard output. */
type Program = (...args: readonly string[]) => Promise<string>;

let directory: string;
let server: DevServer;
let emulator: Emulator;
let worker: WorkerProcess;
let env: TestWorkflowEnvironment;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'other-languages-'));
  // The programs use the default task queue.
  server = await startOwnDevServer();
  env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
  emulator = await startEmulator();
  worker = await startWorkerProcess({
    taskQueue: 'extend-parse',
    baseUrl: emulator.url,
    address: server.address,
    env: { EXTEND_PARSE_RESULT_DIR: join(directory, 'results') },
  });
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await env.teardown();
  await emulator.close();
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function run(file: string, args: readonly string[], cwd = directory): Promise<string> {
  const variables = { ...process.env, TEMPORAL_ADDRESS: server.address };
  const { stdout } = await promisify(execFile)(file, args, { cwd, env: variables });
  return stdout;
}

/** The SDK of Python can abort a short program after its end: https://github.com/temporalio/sdk-python/issues/300. */
const ABORTED_AT_EXIT = /^Fatal Python error: PyGILState_Release: [^\n]*\nPython runtime state: finalizing/;

/** Runs a program of Python. An abort by the SDK at the end of a program that has printed everything is no failure. */
async function runPython(python: string, args: readonly string[]): Promise<string> {
  try {
    return await run(python, args);
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    if (!ABORTED_AT_EXIT.test(stderr)) throw error;
    return stdout;
  }
}

/** Installs the SDK once, and returns the program for each file of the page. */
async function preparePython(): Promise<(file: string) => Program> {
  const home = join(ROOT, '.cache', `python-${PYTHON_SDK}`);
  const python = join(home, 'bin', 'python');
  if (!existsSync(join(home, 'installed'))) {
    await run('python3', ['-m', 'venv', home]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PYTHON_SDK]);
    writeFileSync(join(home, 'installed'), '');
  }
  for (const { name, code } of namedBlocks(PAGE, 'python')) writeFileSync(join(directory, name), code);
  return (file) =>
    (...args) =>
      runPython(python, [join(directory, file), ...args]);
}

/** Builds the program of the page. */
async function prepareGo(): Promise<Program> {
  const project = join(directory, 'go');
  mkdirSync(project);
  for (const { name, code } of namedBlocks(PAGE, 'go')) writeFileSync(join(project, name), code);
  await run('go', ['mod', 'init', 'example.com/parse'], project);
  await run('go', ['get', GO_SDK], project);
  await run('go', ['mod', 'tidy'], project);
  await run('go', ['vet', '.'], project);
  await run('go', ['build', '-o', 'parse', '.'], project);
  return (...args) => run(join(project, 'parse'), args);
}

/** The programs of one language. */
interface Programs {
  readonly parse: Program;
  readonly watch: Program;
  readonly batch: Program;
  /** Runs a workflow of the language, with the parse as its child. */
  readonly importDocument?: Program;
}

const LANGUAGES: Readonly<Record<string, () => Promise<Programs>>> = {
  Python: async () => {
    const program = await preparePython();
    const importDocument = program('import_document.py');
    return { parse: program('parse.py'), watch: program('watch.py'), batch: program('batch.py'), importDocument };
  },
  Go: async () => {
    const program = await prepareGo();
    return {
      parse: (...args) => program('parse', ...args),
      watch: (...args) => program('watch', ...args),
      batch: (...args) => program('batch', ...args),
    };
  },
};

describe.each(Object.keys(LANGUAGES))('From %s', (language) => {
  let programs: Programs;
  beforeAll(async () => {
    programs = await LANGUAGES[language]!();
  });
  const urlOf = (script: string) => `http://emulator.invalid/${script}?reads=0&from=${language}`;

  it('a document is parsed once, also if it is started again', async () => {
    const markdown = await programs.parse(`${language}-ok`, urlOf('ok'));
    expect(markdown).toMatch(/^# /);
    expect(await programs.parse(`${language}-ok`, urlOf('ok'))).toBe(markdown);
    expect(emulator.runs.filter(({ fileUrl }) => fileUrl === urlOf('ok'))).toHaveLength(1);
  });

  it('a failure has its type and its details', async () => {
    expect(await programs.parse(`${language}-bad`, urlOf('failing'))).toMatch(
      /^not readable: CORRUPT_FILE \(parser_run_\S+\)\n$/,
    );
  });

  it('the query tells the progress, and the signal ends the wait', async () => {
    const parsing = new ParseClient({ client: env.client });
    const workflowId = `${language}-late`;
    const handle = await parsing.start({ file: { fileUrl: urlOf('ok') }, polling: LATE }, { workflowId });
    expect(await programs.watch(workflowId)).toMatch(/^(?:submitting|waiting), run /);
    await expect(handle.result()).resolves.toMatchObject({ polls: 1 });
  });

  it('a workflow has the parse as its child', async () => {
    const { importDocument } = programs;
    if (importDocument === undefined) return;
    expect(await importDocument(urlOf('ok'))).toMatch(/^# /);
    expect(await importDocument(urlOf('failing'))).toBe('not readable: CORRUPT_FILE\n');
  });

  it('a batch is parsed', async () => {
    const printed = await programs.batch(`${language}-batch`, urlOf('ok'), urlOf('failing'));
    expect(printed).toMatch(/^1 of 2 parsed, 1 failed$/m);
    if (language === 'Python') expect(printed).toMatch(/failing\S* ParserRunFailed Extend ended/);
  });
});
