import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createParseActivities } from '../../activities';
import { ParseClient } from '../../client';
import { dripReply, startEmulator, type Emulator, type EmulatorRequest, type Reply } from '../../local/extend';
import { failureOf } from '../activities/run-activity';
import { forgetPeak, memoryOf } from '../support/process-memory';
import { createDevEnv } from '../support/servers';
import { startWorkerProcess } from '../support/worker-process';

const MB = 1_000_000;

let env: TestWorkflowEnvironment;
let emulator: Emulator;
let directory: string;
/** The reply to the next fetch, if it is not the natural one. */
let slowly: Reply | undefined;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'storage-'));
  env = await createDevEnv();
  const faults = ({ operation }: EmulatorRequest) => {
    if (operation !== 'result') return undefined;
    const reply = slowly;
    slowly = undefined;
    return reply;
  };
  emulator = await startEmulator({ faults });
});
afterAll(async () => {
  await emulator.close();
  await env.teardown();
  rmSync(directory, { recursive: true, force: true });
});

describe('A worker that is killed', () => {
  it('in the middle of a write leaves no readable result, and the next worker stores the whole result', async () => {
    const taskQueue = 'killed-while-storing';
    const settings = { taskQueue, baseUrl: emulator.url, env: { EXTEND_PARSE_RESULT_DIR: join(directory, 'results') } };
    const partials = () => readdirSync(join(directory, 'results', '.partial'));
    slowly = dripReply({ pieceBytes: 100_000, everyMs: 100 });
    const client = new ParseClient({ client: env.client, taskQueue, resultDirectory: join(directory, 'results') });
    const fileUrl = 'http://emulator.invalid/huge?mb=40&reads=0';
    const first = await startWorkerProcess(settings);
    const handle = await client.start({ file: { fileUrl }, result: 'stored', polling: { initialDelayMs: 0 } });
    await emulator.waitFor(({ operation }) => operation === 'result');
    const isHalf = (name: string) => statSync(join(directory, 'results', '.partial', name)).size > MB;
    while (!(readdirSync(directory).includes('results') && partials().some(isHalf))) await sleep(50);
    await first.end('SIGKILL');
    expect(partials()).toHaveLength(1);
    expect(readdirSync(join(directory, 'results'))).toEqual(['.partial']);
    await using second = await startWorkerProcess(settings);
    const result = await handle.result();
    const { uri, sha256, bytes } = result.output;
    expect(bytes).toBeGreaterThan(40 * MB);
    expect(
      createHash('sha256')
        .update(readFileSync(fileURLToPath(uri)))
        .digest('hex'),
    ).toBe(sha256);
    expect(partials()).toEqual([]);
    expect([result.submits, emulator.runs.length]).toEqual([1, 1]);
    await second.end('SIGTERM');
  });
});

/** A program that streams the chunks, and prints their number, their characters and its peak memory. */
const READER = `
  const { createFileStore, readStoredChunks } = require(process.argv[1]);
  const { store: directory, output } = JSON.parse(process.argv[2]);
  void (async () => {
    let chunks = 0, characters = 0, peakBytes = 0;
    for await (const chunk of readStoredChunks(output, { store: createFileStore({ directory }) })) {
      chunks += 1;
      characters += chunk.content.length;
      // maxRSS of resourceUsage() begins with the peak of the process that started this one.
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    }
    console.log(JSON.stringify({ chunks, characters, peakBytes }));
  })();
`;

describe('A process with 64 MB of heap', () => {
  it('streams the chunks of a document of 200 MB', async () => {
    const content = 'The quick brown fox jumps over the lazy dog. '.repeat(1_000);
    const chunk = JSON.stringify({
      object: 'chunk',
      type: 'page',
      content,
      metadata: { pageRange: { start: 1, end: 1 } },
      blocks: [],
    });
    const hash = createHash('sha256');
    let bytes = 0;
    let chunkCount = 0;
    function* parts() {
      yield '{"object":"parser_run","id":"r","fileId":"f","status":"PROCESSED","chunks":[';
      for (; chunkCount * chunk.length < 200 * MB; chunkCount++) yield `${chunkCount === 0 ? '' : ','}${chunk}`;
      yield '],"metrics":{"processingTimeMs":1,"pageCount":1}}';
    }
    function* counted() {
      for (const part of parts()) {
        hash.update(part);
        bytes += part.length;
        yield part;
      }
    }
    const path = join(directory, 'large.json');
    await pipeline(Readable.from(counted()), createWriteStream(path));
    const output = { kind: 'stored', uri: pathToFileURL(path).href, bytes, sha256: hash.digest('hex'), chunkCount };
    const input = JSON.stringify({ store: directory, output });
    const module = join(__dirname, '../../dist/storage/index.js');
    const args = ['--max-old-space-size=64', '-e', READER, module, input];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ chunks: chunkCount, characters: chunkCount * content.length });
    expect(told.peakBytes).toBeLessThan(200 * MB);
  });
});

/** A program that writes 2 MB into a file store, and prints the error and the files that are left. */
const WRITER = `
  const { createFileStore } = require(process.argv[1]);
  const { readdirSync } = require('node:fs');
  const directory = process.argv[2];
  void (async () => {
    const content = (async function* () { for (let n = 0; n < 32; n += 1) yield Buffer.alloc(65_536, 'x'); })();
    const end = await createFileStore({ directory }).write('a.json', content).catch(({ code, name }) => ({ code, name }));
    const left = readdirSync(directory, { recursive: true }).filter((name) => name !== '.partial');
    console.log(JSON.stringify({ end, left }));
  })();
`;
/** Arguments of `unshare` that give the program a disk of its own. Not every machine permits that. */
const MOUNT = ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$0" -e "$2" "$3" "$1"'];
const mayMount = process.platform === 'linux' && spawnSync('unshare', ['-rm', 'true']).status === 0;

if (mayMount) {
  describe('A disk that is full', () => {
    it('is reported as full, may be retried, and keeps no partial file', async () => {
      const disk = join(directory, 'disk');
      mkdirSync(disk);
      const module = join(__dirname, '../../dist/storage/index.js');
      const { stdout } = await promisify(execFile)('unshare', [...MOUNT, process.execPath, disk, WRITER, module]);
      expect(JSON.parse(stdout)).toEqual({ end: { code: 'ENOSPC', name: 'Error' }, left: [] });
    });
  });
}

describe('A worker process that uploads', () => {
  it('90 MB needs less than 150 MB above its idle memory', async () => {
    const sources = join(directory, 'sources');
    mkdirSync(sources);
    writeFileSync(join(sources, 'large.bin'), Buffer.alloc(90 * MB, 'x'));
    const taskQueue = 'uploading';
    const variables = { EXTEND_PARSE_SOURCE_DIR: sources };
    await using worker = await startWorkerProcess({ taskQueue, baseUrl: emulator.url, env: variables });
    const idle = memoryOf(worker.pid, 'VmRSS');
    forgetPeak(worker.pid);
    const client = new ParseClient({ client: env.client, taskQueue });
    const handle = await client.start({ file: { source: pathToFileURL(join(sources, 'large.bin')).href } });
    const request = await emulator.waitFor(({ operation, outcome }) => operation === 'upload' && outcome !== 'pending');
    expect(request.bodyBytes).toBeGreaterThan(90 * MB);
    expect(memoryOf(worker.pid, 'VmHWM') - idle).toBeLessThan(150 * MB);
    await handle.cancel();
    await handle.result().catch(() => undefined);
  });
});

describe('A resolver', () => {
  it('that hangs for ten seconds fails before anything is submitted', async () => {
    const stuck = () => new Promise<never>(() => undefined);
    const before = emulator.requests.length;
    const activities = createParseActivities({ apiKey: 'k', baseUrl: emulator.url, sources: { stuck } });
    const failure = await failureOf(activities, 'submitParse', { file: { source: 'stuck:1' } });
    expect(failure).toMatchObject({ type: 'Unavailable', nonRetryable: false });
    expect(failure.message).toContain("the source's resolver failed: it took longer than 10000 ms");
    expect(emulator.requests).toHaveLength(before);
  });
});
