import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createParseActivities } from '../../activities';
import { createFileStore, StoreRefusedError, type ResultStore } from '../../storage';
import { defined } from '../../json';
import { httpReply, type ScriptedDocument } from '../../testing';
import { failureOf as activityFailureOf, runActivity } from '../activities/run-activity';
import { startBoundedServer } from './bounded-server';
import { failureOf, Scene } from '../workflows/scene';

const directory = mkdtempSync(join(tmpdir(), 'failing-store-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const files = createFileStore({ directory });

const API_KEY = 'a-key-of-a-shape-of-its-own';

/** Failures of the next writes. Later writes succeed. */
let troubles: unknown[] = [];
let writes = 0;

/** A user's store, as in the documentation, that can fail. */
const troubled: ResultStore = {
  async write(name, content, options) {
    writes += 1;
    if (troubles.length === 0) return files.write(name, content, options);
    const trouble = troubles.shift();
    const iterator = content[Symbol.asyncIterator]();
    await iterator.next();
    // The store neither reads on nor closes the content.
    if (trouble === 'half') return `file://${directory}/half.json`;
    throw trouble;
  },
  read: (uri, options) => files.read(uri, options),
};

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: disk trouble, write`), { code, syscall: 'write' });
}

const scripts: Record<string, ScriptedDocument> = {
  large: { processingReads: 0, resultBytes: 5_000_000 },
  down: { processingReads: 0, results: Array.from({ length: 12 }, () => httpReply({ status: 503 })) },
};
const scene = new Scene({ scripts, parse: { resultStore: troubled } });

function store(script: string, trouble: typeof troubles) {
  troubles = [...trouble];
  writes = 0;
  const document = scene.document(script);
  const parsing = scene.client.execute(
    { file: { fileUrl: document.fileUrl }, result: 'stored', deleteRun: 'always' },
    { workflowId: document.workflowId },
  );
  return { document, parsing };
}

describe('A store', () => {
  it('that fails twice is tried again, and the run is deleted only after the success', async () => {
    const { document, parsing } = store('ok', [systemError('ENOSPC'), new Error('no connection')]);
    const { output } = await parsing;
    expect(output.uri).toBe(`file://${directory}/${scene.runOf(document).id}.json`);
    expect(writes).toBe(3);
    expect(scene.countsOf(document)).toMatchObject({ results: 3, deletes: 1 });
  });

  it('that reads only half of the content is tried again', async () => {
    const { parsing } = store('large', ['half', 'half']);
    expect((await parsing).output).toMatchObject({ kind: 'stored', uri: expect.not.stringContaining('half') });
    expect(writes).toBe(3);
  });

  it('that fails in the poll, and then ten times more, ends the parse, and the run is kept', async () => {
    const trouble = Array.from({ length: 100 }, () => systemError('ENOSPC'));
    const { document, parsing } = store('ok', trouble);
    const failure = await failureOf(parsing);
    const { id } = scene.runOf(document);
    expect(failure).toMatchObject({ type: 'ResultStoreFailed', details: { runId: id, code: 'ENOSPC', attempts: 10 } });
    expect(failure.message).toContain('the result store failed: ENOSPC: disk trouble, write');
    expect(writes).toBe(1 + 10);
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, deletes: 0 });
    troubles = [];
    const { output } = await scene.client.execute({ runId: id, result: 'stored' });
    expect(output.kind).toBe('stored');
  });

  it('that refuses ends the parse immediately, and the run is kept', async () => {
    const { document, parsing } = store('ok', [new StoreRefusedError('no such bucket at https://s3/b?sig=SECRET')]);
    const failure = await failureOf(parsing);
    expect(failure).toMatchObject({ type: 'ResultStoreFailed', details: { attempts: 1 } });
    expect(failure.message).toContain('no such bucket at https://s3/b?***');
    expect([writes, scene.countsOf(document).deletes]).toEqual([1, 0]);
  });

  it('does not count the attempts that failed at Extend', async () => {
    const { document, parsing } = store('down', [...Array<'half'>(12).fill('half'), systemError('EIO')]);
    expect((await parsing).output.kind).toBe('stored');
    expect([writes, scene.countsOf(document).results]).toEqual([14, 14]);
  });

  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['no space', 'no space'],
    [7, '7'],
    [{ message: null }, 'an object'],
    [Object.create(null), 'an object'],
  ])('that throws no error fails, and is given up after ten times: %j', async (trouble, shown) => {
    const activities = activitiesWith(troubled);
    const runId = await runOf('ok');
    const fail = (heartbeatDetails?: unknown) => {
      troubles = [trouble];
      return activityFailureOf(activities, 'storeResult', { runId, noticedAtMs: 0 }, defined({ heartbeatDetails }));
    };
    expect(await fail()).toMatchObject({ type: 'ResultStoreFailed', nonRetryable: false });
    const last = await fail({ storeFailures: 9 });
    expect(last).toMatchObject({ type: 'ResultStoreFailed', nonRetryable: true, details: [{ runId }] });
    expect(last.message).toMatch(new RegExp(`^the result store failed: .*${shown} \\[`));
  });

  it('has no secret in the code of its failure', async () => {
    const activities = activitiesWith(troubled);
    const runId = await runOf('ok');
    troubles = [{ code: `E\u001b[2J\u202e https://h/p?sig=SECRET ${API_KEY} ${'x'.repeat(10_000)}`, message: 'm' }];
    const { details } = await activityFailureOf(activities, 'storeResult', { runId, noticedAtMs: 0 });
    const [{ code }] = details as [{ code: string }];
    expect(code).toMatch(/^E \[2J https:\/\/h\/p\?\*\*\* \*\*\* x+…$/);
    expect(code.length).toBeLessThan(600);
  });

  it.each(['ENOSPC', 'EIO', 'EDQUOT'])('that fails with %s is tried again', async (code) => {
    const activities = activitiesWith(troubled);
    const runId = await runOf('ok');
    troubles = [systemError(code)];
    const failure = await activityFailureOf(activities, 'storeResult', { runId, noticedAtMs: 0 });
    expect(failure).toMatchObject({ type: 'ResultStoreFailed', nonRetryable: false });
  });
});

const activitiesWith = (resultStore: ResultStore, baseUrl = scene.emulator.url) =>
  createParseActivities({ apiKey: API_KEY, baseUrl, resultStore });

async function runOf(script: string): Promise<string> {
  const { fileUrl } = scene.document(script);
  const { runId } = await runActivity(activitiesWith(troubled), 'submitParse', {
    file: { fileUrl: `${fileUrl}&reads=0` },
  });
  return runId;
}

describe('Storing', () => {
  it('closes the connection to Extend if the store fails, or reads only half of the content', async () => {
    for (const trouble of [systemError('ENOSPC'), 'half' as const]) {
      const runId = await runOf('large');
      troubles = [trouble];
      await activityFailureOf(activitiesWith(troubled), 'storeResult', { runId, noticedAtMs: 0 });
      const { outcome } = await scene.emulator.waitFor((one) => one.runId === runId && one.outcome !== 'pending');
      expect(outcome).toBe('abandoned');
    }
  });

  it('waits for a slow store, and reads only as fast as the store writes', async () => {
    const sender = await startBoundedServer({ megabytes: 25 });
    let proceed = () => {};
    const held = new Promise<void>((resolve) => (proceed = resolve));
    let taken = 0;
    const slow: ResultStore = {
      ...files,
      async write(_name, content) {
        for await (const part of content) {
          taken += part.length;
          if (taken < 2_000_000) await held;
        }
        return 'slow://a';
      },
    };
    const storing = runActivity(activitiesWith(slow, sender.url), 'storeResult', { runId: 'r', noticedAtMs: 0 });
    const ahead = await sender.stalled();
    expect(ahead).toBeLessThan(16_000_000);
    proceed();
    expect((await storing).output).toMatchObject({ bytes: taken, chunkCount: 1 });
    expect(taken).toBeGreaterThan(25_000_000);
    await sender.close();
  });

  it('gives ids of every kind a name that a store accepts', async () => {
    const names: string[] = [];
    const naming: ResultStore = {
      ...files,
      write: async (name) => (names.push(name), Promise.reject(new Error(name))),
    };
    for (const runId of ["a/../b!'()*~", '..', '.hidden', 'ä b']) {
      await activityFailureOf(activitiesWith(naming), 'storeResult', { runId, noticedAtMs: 0 });
    }
    expect(names).toEqual(['a%2F..%2Fb%21%27%28%29%2A%7E.json', '%2E..json', '%2Ehidden.json', '%C3%A4%20b.json']);
    for (const name of names) await files.write(name, (async function* () {})());
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(names));
  });
});
