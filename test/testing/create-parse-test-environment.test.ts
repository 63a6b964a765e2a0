import { join } from 'node:path';
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

  it('plays faults, and gives the typed error', async () => {
    const faults = ({ operation }: { operation: string }) =>
      operation === 'submit' ? httpReply({ status: 402, json: { message: 'no credits' } }) : undefined;
    await using parsing = await createParseTestEnvironment({ faults, maxCachedWorkflows: 0 });
    const error: unknown = await parsing.client
      .execute({ file: { fileUrl: 'http://emulator.invalid/ok' } })
      .catch((thrown: unknown) => thrown);
    expect(isParseError(error, 'OutOfCredits')).toBe(true);
    expect(parsing.emulator.runs).toEqual([]);
  });

  it("runs a user's own workflows and activities beside those of the package", async () => {
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

  it('runs on a real server where asked to', async () => {
    await using parsing = await createParseTestEnvironment({ server: 'dev-server' });
    const polling = { initialDelayMs: 1 };
    const handle = await parsing.client.start({ file: { fileUrl: 'http://emulator.invalid/ok?reads=0' }, polling });
    expect(await handle.result()).toMatchObject({ polls: 1 });
    const description = await parsing.temporal.workflow.getHandle(handle.workflowId).describe();
    expect(description).toMatchObject({ taskQueue: 'extend-parse', status: { name: 'COMPLETED' } });
    expect(parsing.env.supportsTimeSkipping).toBe(false);
  });

  it('closes at once, and once, even while a request hangs', async () => {
    const parsing = await createParseTestEnvironment({ scripts: { hanging: { submit: [hangReply()] } } });
    await parsing.client.start({ file: { fileUrl: 'http://emulator.invalid/hanging' } });
    await parsing.emulator.waitFor(({ operation }) => operation === 'submit');
    const startedAtMs = performance.now();
    await Promise.all([parsing.close(), parsing.close()]);
    expect(performance.now() - startedAtMs).toBeLessThan(4_000);
    expect(parsing.worker.getState()).toBe('STOPPED');
    await expect(fetch(parsing.emulator.url)).rejects.toThrow();
  });
});
