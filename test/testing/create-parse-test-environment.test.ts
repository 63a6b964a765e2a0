import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isParseError } from '../../client';
import { createParseTestEnvironment, hangReply, httpReply, type ParseTestEnvironment } from '../../testing';
import type { indexDocument } from './own-pipeline';

describe('createParseTestEnvironment', () => {
  let parsing: ParseTestEnvironment;

  beforeAll(async () => {
    parsing = await createParseTestEnvironment({
      scripts: {
        patient: { processingReads: 20, pageCount: 3 },
        'of my own': { pageCount: 2 },
        hanging: { submit: [hangReply()] },
      },
      worker: { shutdownForceTime: '10 minutes' },
      emulator: { maxInputBytes: 1_000 },
    });
  });
  afterAll(() => parsing.close());

  it('parses a scripted document, shows the requests, and skips the waits', async () => {
    const startedAtMs = performance.now();
    const result = await parsing.client.execute({
      file: { fileUrl: 'http://emulator.invalid/patient' },
      polling: { initialDelayMs: 3_600_000 },
    });
    expect(result).toMatchObject({ pageCount: 3, submits: 1, polls: 21 });
    expect(result.waitedMs).toBeGreaterThan(3_600_000);
    expect(performance.now() - startedAtMs).toBeLessThan(30_000);
    const operations = parsing.emulator.requests.map(({ operation }) => operation);
    expect(operations).toEqual(['submit', ...Array<string>(21).fill('read'), 'result']);
    expect(parsing.emulator.runs).toHaveLength(1);
  });

  it('has scripted documents by name, each of which plays from the start', async () => {
    const submits = () => parsing.emulator.requests.filter(({ operation }) => operation === 'submit').length;
    const before = submits();
    const parse = (script: string) => parsing.client.execute({ file: parsing.document(script), result: 'stored' });
    const limited = [await parse('rate-limited'), await parse('rate-limited')];
    expect(limited.map((result) => result.submits)).toEqual([1, 1]);
    expect(submits() - before).toBe(6);
    expect(await parse('slow')).toMatchObject({ polls: 11 });
    expect(await parse('of my own')).toMatchObject({ pageCount: 2 });
    await expect(parse('failing')).rejects.toMatchObject({ details: { failureReason: 'CORRUPT_FILE' } });
    expect(() => parsing.document('unknown')).toThrow(
      "no scripted document 'unknown'; there are failing, hanging, huge, never, of my own, ok, patient, rate-limited, slow",
    );
  });

  it('passes settings to the emulator', async () => {
    const body = new FormData();
    body.set('file', new Blob(['x'.repeat(2_000)]), 'a.txt');
    const headers = { authorization: 'Bearer any', 'x-extend-api-version': '2025-04-21' };
    const { status } = await fetch(`${parsing.emulator.url}/files/upload`, { method: 'POST', body, headers });
    expect(status).toBe(400);
  });

  it('keeps stored results of any size until it is closed; it closes at once, and only once, while a request hangs', async () => {
    const result = await parsing.client.execute({ file: parsing.document('huge'), result: 'stored' });
    let characters = 0;
    for await (const { content } of parsing.client.readChunks(result)) characters += content.length;
    expect(characters).toBeGreaterThan(2_000_000);
    const inline = parsing.client.execute({ file: parsing.document('huge') });
    await expect(inline).rejects.toMatchObject({ type: 'ResultTooLarge' });
    // A worker that waited for the activity would take a minute, the time limit of a submit.
    await parsing.client.start({ file: parsing.document('hanging') });
    await parsing.emulator.waitFor(({ operation, outcome }) => operation === 'submit' && outcome === 'hung');
    const startedAtMs = performance.now();
    await Promise.all([parsing.close(), parsing.close()]);
    expect(performance.now() - startedAtMs).toBeLessThan(30_000);
    expect(parsing.worker.getState()).toBe('STOPPED');
    await expect(fetch(parsing.emulator.url)).rejects.toThrow();
    const { uri } = result.output as { uri: string };
    expect(existsSync(fileURLToPath(uri))).toBe(false);
  });

  it("runs a user's own workflows and activities in addition to those of the package, and plays faults", async () => {
    const indexed: string[] = [];
    await using own = await createParseTestEnvironment({
      workflowsPath: join(__dirname, 'own-pipeline.ts'),
      activities: { index: async (content: string) => `${indexed.push(content)} indexed` },
      taskQueue: 'own',
      maxCachedWorkflows: 0,
      faults: ({ operation, script }) =>
        operation === 'submit' && script === 'failing'
          ? httpReply({ status: 402, json: { message: 'no credits' } })
          : undefined,
    });
    const index = (fileUrl: string) =>
      own.temporal.workflow.execute<typeof indexDocument>('indexDocument', {
        taskQueue: own.taskQueue,
        workflowId: 'own-pipeline',
        args: [fileUrl],
      });
    expect(await index('http://emulator.invalid/ok')).toBe('1 indexed');
    expect(indexed).toEqual([expect.stringContaining('#')]);
    expect(own.emulator.runs).toHaveLength(1);
    // With the fault, the typed error is another than that of the script.
    const error: unknown = await own.client
      .execute({ file: own.document('failing') })
      .catch((thrown: unknown) => thrown);
    expect(isParseError(error, 'OutOfCredits')).toBe(true);
    expect(own.emulator.runs).toHaveLength(1);
  });

  it('leaves no process and no server', async () => {
    const program = `
      const { createParseTestEnvironment } = require('temporal-extend-parse/testing');
      (async () => {
        const parsing = await createParseTestEnvironment();
        await parsing.client.execute({ file: parsing.document('ok') });
        console.log(JSON.stringify([parsing.env.address, new URL(parsing.emulator.url).host]));
        await parsing.close();
      })();`;
    // The program ends only if nothing keeps its process alive.
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], {
      cwd: join(__dirname, '..', '..'),
    });
    // Temporal's core writes warnings to standard output.
    const addresses = JSON.parse(/^\[".*$/m.exec(stdout)?.[0] ?? '[]') as string[];
    expect(addresses).toHaveLength(2);
    for (const address of addresses) await expect(fetch(`http://${address}`)).rejects.toThrow('fetch failed');
  });

  it('runs on a real server with `server: dev-server`', async () => {
    await using real = await createParseTestEnvironment({ server: 'dev-server' });
    const polling = { initialDelayMs: 1 };
    const handle = await real.client.start({ file: { fileUrl: 'http://emulator.invalid/ok?reads=0' }, polling });
    expect(await handle.result()).toMatchObject({ polls: 1 });
    const description = await real.temporal.workflow.getHandle(handle.workflowId).describe();
    expect(description).toMatchObject({ taskQueue: 'extend-parse', status: { name: 'COMPLETED' } });
    expect(real.env.supportsTimeSkipping).toBe(false);
  });
});
