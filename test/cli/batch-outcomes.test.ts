/** Risk tested here: an interrupted batch leaves nothing that a person can use, and says nothing about how to go on. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { startEmulator, type Emulator } from '../../local/extend';
import { deadUrl } from '../support/free-port';
import { createDevEnv, devServerAddress } from '../support/servers';
import { until } from '../support/until';
import { startWorkerProcess } from '../support/worker-process';
import { Workplace } from './run-command';

let workplace: Workplace;
let emulator: Emulator;
let temporal: TestWorkflowEnvironment;

beforeAll(async () => {
  workplace = new Workplace();
  emulator = await startEmulator();
  temporal = await createDevEnv();
});
afterAll(async () => {
  await emulator.close();
  await temporal.teardown();
  workplace.remove();
});

const at = (...path: string[]) => join(workplace.directory, ...path);
const configured = (env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  TEMPORAL_ADDRESS: devServerAddress(),
  EXTEND_API_KEY: 'secret-key',
  EXTEND_BASE_URL: emulator.url,
  ...env,
});
const play = (...scripts: string[]) => scripts.map((script) => `http://emulator.invalid/${script}`);
/** The lines of a list of outcomes. */
const listOf = (out: string) =>
  readFileSync(at(out, 'outcomes.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);

describe('extend-parse batch', () => {
  it('writes the files of a document when it ends, and says after an interruption how to go on', async () => {
    const args = ['batch', ...play('ok?reads=0', 'never'), '--key', 'left', '--out', 'left'];
    const command = workplace.start(args, { env: configured() });
    await until(async () => existsSync(at('left/outcomes.jsonl')));
    expect(readFileSync(at('left/ok.md'), 'utf8')).toContain('#');
    command.child.kill('SIGINT');
    const { status, stdout } = await command.ended;
    expect(status).toBe(130);
    expect(stdout).toContain('workflow id left, task queue extend-parse-cli-left: only this call polls it');
    expect(stdout).toContain('its documents wait, because no worker polls their task queue');
    const [end = ''] = /temporal workflow terminate .*/.exec(stdout) ?? [];
    expect(end).toBe(
      `temporal workflow terminate --namespace default --query 'WorkflowId = "left" OR WorkflowId STARTS_WITH "left/"' --yes`,
    );
    expect(listOf('left')).toEqual([
      {
        input: 'http://emulator.invalid/ok',
        status: 'processed',
        runId: expect.stringMatching(/^parser_run_/),
        pageCount: 1,
        markdown: 'left/ok.md',
        json: 'left/ok.json',
      },
    ]);
    for (const id of ['left', 'left/http://emulator.invalid/never'])
      await temporal.client.workflow.getHandle(id).terminate();
  });

  it('lists all documents at the end, says what failed in a short line, and names --retry-failed', async () => {
    const scripts = play('ok?reads=0', 'failing?reads=0');
    const args = ['batch', ...scripts, '--key', 'listed', '--out', 'listed', '--json'];
    const { status, stdout, stderr } = await workplace.run(args, { env: configured() });
    expect(status).toBe(1);
    const summary = JSON.parse(stdout);
    const failure = { type: 'ParserRunFailed', message: expect.any(String), details: expect.any(Object) };
    const documents = [
      expect.objectContaining({ input: 'http://emulator.invalid/ok', status: 'processed', markdown: 'listed/ok.md' }),
      expect.objectContaining({ input: 'http://emulator.invalid/failing', status: 'failed', failure }),
    ];
    expect(summary).toMatchObject({ key: 'listed', total: 2, processed: 1, failed: 1 });
    expect(summary.documents).toEqual(expect.arrayContaining(documents));
    expect(listOf('listed')).toEqual(summary.documents);
    expect(stderr).toMatch(/^http:\/\/emulator\.invalid\/failing: failed, ParserRunFailed: CORRUPT_FILE$/m);
    expect(stderr).toMatch(/^1 parsed, 1 failed, of 2$/m);
    expect(stderr).toMatch(/--retry-failed$/m);
    const described = await temporal.client.workflow.getHandle('listed').describe();
    expect(await described.staticSummary()).toBe('parse 2 documents');
  });

  it('names the documents in which it found no text', async () => {
    writeFileSync(at('blank.txt'), '\n\n');
    const args = ['batch', at('blank.txt'), ...play('ok?reads=0'), '--key', 'blank', '--out', 'blank'];
    const { status, stdout } = await workplace.run(args, { env: configured() });
    expect(status).toBe(0);
    expect(stdout).toContain(`\nno text was found in ${at('blank.txt')}\n`);
    expect(listOf('blank')).toContainEqual(expect.objectContaining({ input: at('blank.txt'), empty: true }));
    expect(listOf('blank')).toContainEqual(expect.not.objectContaining({ empty: true }));
  });

  it('uses running workers with --task-queue, and leaves the batch to them when it is interrupted', async () => {
    mkdirSync(at('results'));
    const env = { EXTEND_PARSE_RESULT_DIR: at('results') };
    await using worker = await startWorkerProcess({ taskQueue: 'shared', baseUrl: emulator.url, env });
    const args = ['batch', ...play('ok?reads=0', 'slow'), '--key', 'shared', '--out', 'shared'];
    const callEnv = { TEMPORAL_ADDRESS: devServerAddress(), ...env };
    const command = workplace.start([...args, '--task-queue', 'shared'], { env: callEnv });
    await until(async () => existsSync(at('shared/ok.md')));
    command.child.kill('SIGINT');
    const { stdout } = await command.ended;
    expect(stdout).toContain('workflow id shared, task queue shared: its workers parse the documents');
    expect(stdout).toContain('the workers go on with it');
    const again = await workplace.run([...args, '--task-queue', 'shared'], { env: callEnv });
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining('2 parsed, 0 failed, of 2') });
    expect(existsSync(at('shared/slow.md'))).toBe(true);
    expect((await worker.end('SIGTERM')).code).toBe(0);
  });

  it('refuses to continue a batch of other workers, or one whose results are in another --out', async () => {
    writeFileSync(at('moved.jsonl'), '{"file":{"fileUrl":"http://emulator.invalid/ok?reads=0"}}\n');
    const env = configured({ EXTEND_PARSE_RESULT_DIR: at('results') });
    const args = ['batch', at('moved.jsonl'), '--key', 'moved'];
    expect((await workplace.run([...args, '--out', 'first'], { env })).status).toBe(0);
    const refused = { status: 2, stderr: expect.stringMatching(/^extend-parse: the key 'moved' belongs to a batch /) };
    const elsewhere = await workplace.run([...args, '--out', 'second'], { env });
    expect(elsewhere).toMatchObject(refused);
    expect(elsewhere.stderr).toContain('of another --out: repeat that call, or give another --key');
    const others = await workplace.run([...args, '--out', 'first', '--task-queue', 'others'], { env });
    expect(others).toMatchObject(refused);
    expect(others.stderr).toContain("on the task queue 'extend-parse-cli-moved', not 'others': leave --task-queue out");
    expect((await workplace.run([...args, '--out', 'first'], { env })).status).toBe(0);
  });

  it.each([
    [{}, '--task-queue needs a Temporal server: set TEMPORAL_ADDRESS'],
    [{ TEMPORAL_ADDRESS: '127.0.0.1:9' }, '--task-queue needs EXTEND_PARSE_RESULT_DIR'],
  ])('refuses --task-queue with %j', async (env, message) => {
    const args = ['batch', ...play('ok'), '--task-queue', 'q', '--out', 'refused'];
    const { status, stderr } = await workplace.run(args, { env });
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
  });
});

describe('while Extend cannot be reached', () => {
  /** The failure of an upload, or of a submit, with the time of the next attempt. */
  const FAILURE = /last failure: no connection for POST \/\S+: ECONNREFUSED .*; next attempt at \d\d:\d\d:\d\d$/m;

  it.each([
    ['parse', 'a file', () => [join(__dirname, '../documents/harbour.md')]],
    ['parse', 'a URL', () => play('ok')],
    ['batch', 'a URL', () => play('ok')],
  ])('%s prints the last failure of %s, and the next attempt', async (name, kind, inputs) => {
    const env = configured({ EXTEND_BASE_URL: await deadUrl() });
    const out = `unreachable-${name}-${kind.length}`;
    const command = workplace.start([name, ...inputs(), '--out', out], { env });
    await command.waitFor(FAILURE);
    command.child.kill('SIGINT');
    expect((await command.ended).status).toBe(130);
  });
});
