import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { BatchDocument, DocumentOutcome } from '../../client';
import { until } from '../support/until';
import { failureOf, Scene } from '../workflows/scene';
import { documents, ENDLESS, endedUrlOf, idsOf, outcomesOf, QUICK, urlOf } from './batches';

const NEW = '2026-02-09';
const directory = mkdtempSync(join(tmpdir(), 'batch-version-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('A batch with version 2026-02-09', () => {
  const scene = new Scene({ server: 'dev-server', apiVersion: NEW, parse: { resultDirectory: directory } });
  const resultOf = (outcomes: readonly DocumentOutcome[], id: string) => {
    const outcome = outcomes.find((one) => 'id' in one && one.id === id);
    if (outcome?.status !== 'processed') throw new Error(`expected a result of ${id}, got ${JSON.stringify(outcome)}`);
    return outcome.result;
  };

  it('parses each document once, each with its metadata, and attaches to runs of both versions', async () => {
    const attached = { fileUrl: urlOf('version', 8) };
    const old = { fileUrl: urlOf('version', 9) };
    const list: BatchDocument[] = [
      { id: 'own', file: { fileUrl: endedUrlOf('version', 0) }, metadata: { order: 17 } },
      { id: 'common', file: { fileUrl: endedUrlOf('version', 1) } },
      { id: 'failed', file: { fileUrl: endedUrlOf('version', 2, 'failing') } },
      { id: 'attached', runId: await scene.createRun(attached) },
      { id: 'old', runId: await scene.createRun(old, '2025-04-21') },
    ];
    const defaults = { ...QUICK, metadata: { batch: 'b-1' } };
    const handle = await scene.client.startBatch({ documents: list, defaults }, { idempotencyKey: 'version' });
    expect(await handle.result()).toMatchObject({ total: 5, processed: 4, failed: 1 });
    const outcomes = await outcomesOf(handle);
    expect(resultOf(outcomes, 'own')).toMatchObject({ apiVersion: NEW, metadata: { order: 17 }, submits: 1 });
    expect(resultOf(outcomes, 'common')).toMatchObject({ apiVersion: NEW, metadata: { batch: 'b-1' }, submits: 1 });
    expect(resultOf(outcomes, 'attached')).toMatchObject({ apiVersion: NEW, submits: 0 });
    expect(resultOf(outcomes, 'old')).toMatchObject({ apiVersion: '2025-04-21', submits: 0 });
    const details = { status: 'FAILED', failureReason: 'CORRUPT_FILE', failureMessage: expect.stringMatching(/\w/) };
    expect(outcomes.find((one) => one.status === 'failed')).toMatchObject({ failure: { details } });
    expect((await scene.client.readRun(resultOf(outcomes, 'own'))).metadata).toMatchObject({ order: 17 });
    expect(scene.emulator.runs).toHaveLength(5);
  });

  it('cancels the runs of its documents at Extend when it is cancelled, except those that are to be left', async () => {
    const urls = documents('cancelled', 3).map(({ file }) => file.fileUrl);
    const list: BatchDocument[] = urls.map((fileUrl, at) => ({
      file: { fileUrl },
      ...ENDLESS,
      ...(at === 2 && { onCancel: 'leave' }),
    }));
    const handle = await scene.client.startBatch({ documents: list }, { idempotencyKey: 'cancelled' });
    await until(() => urls.every((fileUrl) => scene.runsOf({ fileUrl }).length === 1));
    await handle.cancel();
    expect(await failureOf(handle.result())).toMatchObject({ type: 'Cancelled' });
    const statuses = () => urls.map((fileUrl) => scene.runOf({ fileUrl }).status);
    await until(() => statuses().filter((status) => status === 'CANCELLED').length === 2);
    expect(statuses()).toEqual(['CANCELLED', 'CANCELLED', 'PROCESSING']);
    expect(idsOf(await outcomesOf(handle), 'cancelled')).toEqual(['1', '2', '3']);
    expect(scene.emulator.requests.filter(({ operation }) => operation === 'cancelRun')).toHaveLength(2);
  });
});
