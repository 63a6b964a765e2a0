/** Risk tested here: Extend deletes a run without retention after one answer had its result, and the result is lost. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { StoredOutput } from '../../contract';
import { activitiesOf, historyOf } from './history';
import { Scene } from './scene';

const directory = mkdtempSync(join(tmpdir(), 'zero-retention-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe.each(['deletedAfterResult', 'kept'] as const)('Without retention, if the run is %s', (zeroRetention) => {
  const scene = new Scene({
    apiVersion: '2026-02-09',
    emulator: { zeroRetention },
    parse: { resultDirectory: directory },
    scripts: { soon: { processingReads: 1 }, large: { processingReads: 1, pageCount: 40, resultBytes: 2_000_000 } },
  });

  it.each(['timer', 'retry'] as const)('an inline result comes with the end, with the %s engine', async (engine) => {
    const document = scene.document('soon');
    const result = await scene.execute(document, { dataRetention: 'zero', polling: { engine } });
    expect(result.output.kind === 'inline' && result.output.chunks.length).toBeGreaterThan(0);
    expect(scene.countsOf(document)).toEqual({ submits: 1, runs: 1, polls: 0, results: 2, deletes: 0 });
    const calls = activitiesOf(await historyOf(scene.temporal, document.workflowId)).map(({ type }) => type);
    expect(calls).not.toContain('fetchResult');
  });

  it.each(['timer', 'retry'] as const)('a stored result is streamed by its URL, with the %s engine', async (engine) => {
    const document = scene.document('large');
    const polling = { engine };
    const { runId, output } = await scene.execute(document, { dataRetention: 'zero', polling, result: 'stored' });
    const { uri, chunkCount } = output as StoredOutput;
    expect(chunkCount).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(fileURLToPath(uri), 'utf8'))).toMatchObject({ id: runId, status: 'PROCESSED' });
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, runs: 1, polls: 2, results: 0 });
  });
});
