import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { isParseError } from '../../client';
import { createParseTestEnvironment, hangReply, httpReply } from '../../testing';
import type { indexDocument } from './own-pipeline';

describe('createParseTestEnvironment', () => {
  it('parses a scripted document, shows the requests, and skips the waits', async () => {
    const scripts = { patient: { processingReads: 20, pageCount: 3 } };
    await using parsing = await createParseTestEnvironment({ scripts });
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

  it('plays faults, and rejects with the typed error', async () => {
    const faults = ({ operation }: { operation: string }) =>
      operation === 'submit' ? httpReply({ status: 402, json: { message: 'no credits' } }) : undefined;
    await using parsing = await createParseTestEnvironment({ faults, maxCachedWorkflows: 0 });
    const error: unknown = await parsing.client
      .execute({ file: { fileUrl: 'http://emulator.invalid/ok' } })
      .catch((thrown: unknown) => thrown);
    expect(isParseError(error, 'OutOfCredits')).toBe(true);
    expect(parsing.emulator.runs).toEqual([]);
  });

  it("runs a user's own workflows and activities in addition to those of the package", async () => {
    const indexed: string[] = [];
    const activities = { index: async (content: string) => `${indexed.push(content)} indexed` };
    const workflowsPath = join(__dirname, 'own-pipeline.ts');
    await using parsing = await createParseTestEnvironment({ workflowsPath, activities, taskQueue: 'own' });
    const answer = await parsing.temporal.workflow.execute<typeof indexDocument>('indexDocument', {
      taskQueue: parsing.taskQueue,
      workflowId: 'own-pipeline',
      args: ['http://emulator.invalid/ok'],
    });
    expect(answer).toBe('1 indexed');
    expect(indexed).toEqual([expect.stringContaining('#')]);
  });

  it('has scripted documents by name, each of which plays from the start', async () => {
    await using parsing = await createParseTestEnvironment({ scripts: { 'of my own': { pageCount: 2 } } });
    const parse = (script: string) => parsing.client.execute({ file: parsing.document(script), result: 'stored' });
    const limited = [await parse('rate-limited'), await parse('rate-limited')];
    expect(limited.map(({ submits }) => submits)).toEqual([1, 1]);
    expect(parsing.emulator.requests.filter(({ operation }) => operation === 'submit')).toHaveLength(6);
    expect(await parse('slow')).toMatchObject({ polls: 11 });
    expect(await parse('of my own')).toMatchObject({ pageCount: 2 });
    await expect(parse('failing')).rejects.toMatchObject({ details: { failureReason: 'CORRUPT_FILE' } });
    expect(() => parsing.document('unknown')).toThrow(
      "no scripted document 'unknown'; there are failing, huge, never, of my own, ok, rate-limited, slow",
    );
  });

  it('keeps stored results of any size until it is closed', async () => {
    await using parsing = await createParseTestEnvironment();
    const result = await parsing.client.execute({ file: parsing.document('huge'), result: 'stored' });
    let characters = 0;
    for await (const { content } of parsing.client.readChunks(result)) characters += content.length;
    expect(characters).toBeGreaterThan(2_000_000);
    const inline = parsing.client.execute({ file: parsing.document('huge') });
    await expect(inline).rejects.toMatchObject({ type: 'ResultTooLarge' });
    await parsing.close();
    const { uri } = result.output as { uri: string };
    expect(existsSync(fileURLToPath(uri))).toBe(false);
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
    await using parsing = await createParseTestEnvironment({ server: 'dev-server' });
    const polling = { initialDelayMs: 1 };
    const handle = await parsing.client.start({ file: { fileUrl: 'http://emulator.invalid/ok?reads=0' }, polling });
    expect(await handle.result()).toMatchObject({ polls: 1 });
    const description = await parsing.temporal.workflow.getHandle(handle.workflowId).describe();
    expect(description).toMatchObject({ taskQueue: 'extend-parse', status: { name: 'COMPLETED' } });
    expect(parsing.env.supportsTimeSkipping).toBe(false);
  });

  it('closes at once, and only once, even while a request hangs', async () => {
    // A worker that waited for the activity would take a minute, the time limit of a submit.
    const parsing = await createParseTestEnvironment({
      scripts: { hanging: { submit: [hangReply()] } },
      worker: { shutdownForceTime: '10 minutes' },
    });
    await parsing.client.start({ file: { fileUrl: 'http://emulator.invalid/hanging' } });
    await parsing.emulator.waitFor(({ operation }) => operation === 'submit');
    const startedAtMs = performance.now();
    await Promise.all([parsing.close(), parsing.close()]);
    expect(performance.now() - startedAtMs).toBeLessThan(30_000);
    expect(parsing.worker.getState()).toBe('STOPPED');
    await expect(fetch(parsing.emulator.url)).rejects.toThrow();
  });
});
