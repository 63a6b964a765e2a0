import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ParseClient } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import { forgetPeak, memoryOf } from '../support/process-memory';
import { createDevEnv } from '../support/servers';
import { startWorkerProcess } from '../support/worker-process';

/** The memory that a worker may need above its idle memory, for any result, in bytes. */
const LIMIT = 128 * 1024 * 1024;
const MB = 1_000_000;
const TASK_QUEUE = 'storage-memory';

let env: TestWorkflowEnvironment;
let emulator: Emulator;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'storage-memory-'));
  env = await createDevEnv();
  emulator = await startEmulator();
});
afterAll(async () => {
  await emulator.close();
  await env.teardown();
  rmSync(directory, { recursive: true, force: true });
});

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
}

describe('A worker process', () => {
  it.each([
    ['300 MB in 80 chunks', 300, 80],
    ['240 MB in one chunk with two texts of 120 MB', 240, 1],
    ['300 MB in 20,000 chunks', 300, 20_000],
  ])('stores %s within 128 MB', async (_title, megabytes, pages) => {
    const taskQueue = `${TASK_QUEUE}-${megabytes}-${pages}`;
    await using worker = await startWorkerProcess({
      taskQueue,
      baseUrl: emulator.url,
      env: { EXTEND_PARSE_RESULT_DIR: directory },
    });
    const idle = memoryOf(worker.pid, 'VmRSS');
    forgetPeak(worker.pid);
    const client = new ParseClient({ client: env.client, taskQueue });
    const fileUrl = `http://emulator.invalid/huge?mb=${megabytes}&pages=${pages}&reads=0`;
    const result = await client.execute({ file: { fileUrl }, result: 'stored', polling: { initialDelayMs: 0 } });
    const above = memoryOf(worker.pid, 'VmHWM') - idle;
    const output = result.output;
    const path = fileURLToPath(output.uri);
    expect(output.bytes).toBeGreaterThan(megabytes * MB);
    expect(statSync(path).size).toBe(output.bytes);
    expect(await hashOf(path)).toBe(output.sha256);
    expect(output.chunkCount).toBe(pages);
    console.log(
      `idle ${Math.round(idle / MB)} MB, stored ${Math.round(output.bytes / MB)} MB with ${Math.round(above / MB)} MB more`,
    );
    expect(above).toBeLessThan(LIMIT);
    rmSync(path);
  });
});
