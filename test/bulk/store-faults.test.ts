/** Risk tested here: a store that fails makes a bulk batch submit documents twice, or lose their outcomes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { createFileStore, StoreRefusedError, type ResultStore } from '../../storage';
import { idsOf, outcomesOf, positions } from '../batch/batches';
import { Scene } from '../workflows/scene';
import { BulkBatches, QUICK } from './bulk-batches';

const directory = mkdtempSync(join(tmpdir(), 'bulk-store-faults-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const files = createFileStore({ directory });

/** Gives the failure of a call of the store in the current test. */
let fault: (call: 'write' | 'read', name: string) => Error | undefined = () => undefined;
afterEach(() => {
  fault = () => undefined;
});

const failing: ResultStore = {
  write(name, content, options) {
    const failure = fault('write', name);
    return failure === undefined ? files.write(name, content, options) : Promise.reject(failure);
  },
  read(uri, options) {
    const failure = fault('read', uri);
    return failure === undefined ? files.read(uri, options) : Promise.reject(failure);
  },
  delete: (uri, options) => files.delete?.(uri, options) ?? Promise.resolve(),
};

describe('A bulk batch whose store fails', () => {
  const scene = new Scene({
    server: 'shared-dev-server',
    apiVersion: '2026-02-09',
    parse: { resultStore: failing },
  });
  const batches = new BulkBatches(scene, { resultStore: files });
  const start = (count: number) => batches.start(count, { defaults: { ...QUICK, onAmbiguousSubmit: 'fail' } });

  it('at every third object, and sometimes while it reads, has one outcome and one run for each document', async () => {
    const names = new Set<string>();
    let reads = 0;
    let failures = 0;
    fault = (call, name) => {
      const isNew = call === 'write' && !names.has(name) && names.add(name).size % 3 === 0;
      const isRead = call === 'read' && (reads += 1) % 40 === 0;
      if (!isNew && !isRead) return undefined;
      failures += 1;
      return new Error('the disk is busy');
    };
    const { handle, runs } = await start(120);
    expect(await handle.result()).toMatchObject({ total: 120, processed: 120, failed: 0 });
    expect(failures).toBeGreaterThan(40);
    expect(idsOf(await outcomesOf(handle), 'processed')).toEqual(positions(120));
    expect(runs()).toHaveLength(120);
  });

  it('when it notes the accepted batch finds the batch by its metadata, and submits nothing again', async () => {
    let notes = 0;
    // The first write announces the submit, and the second one notes the answer.
    fault = (call, name) =>
      call === 'write' && name.endsWith('/submits/1.jsonl') && (notes += 1) === 2 ? new Error('full') : undefined;
    const { handle, runs } = await start(12);
    expect(await handle.result()).toMatchObject({ processed: 12, failed: 0 });
    expect(runs()).toHaveLength(12);
    const outcomes = await outcomesOf(handle);
    expect(outcomes.every((one) => one.status === 'processed' && one.result.adopted === true)).toBe(true);
  });

  it('before a submit sends no request', async () => {
    fault = (call, name) =>
      call === 'write' && name.includes('/submits/') ? new StoreRefusedError('closed') : undefined;
    const { handle, runs } = await start(12);
    expect(await handle.result()).toMatchObject({ processed: 0, failures: { ResultStoreFailed: 12 } });
    expect(runs()).toHaveLength(0);
  });

  it('because it may not read its notes submits nothing', async () => {
    fault = (call, name) =>
      call === 'read' && name.includes('/submits/') ? new StoreRefusedError('denied', { isMissing: false }) : undefined;
    const { handle, runs } = await start(12);
    expect(await handle.result()).toMatchObject({ processed: 0, failures: { ResultStoreFailed: 12 } });
    expect(runs()).toHaveLength(0);
  });

  it('with the results only fails their documents, and the results are stored by a later start', async () => {
    fault = (call, name) => (call === 'write' && name.includes('pr_') ? new StoreRefusedError('no room') : undefined);
    const { handle, again, runs } = await start(12);
    expect(await handle.result()).toMatchObject({ processed: 0, failures: { ResultStoreFailed: 12 } });
    fault = () => undefined;
    const second = await again({ retryFailed: true });
    expect(await second.result()).toMatchObject({ total: 12, processed: 12, failed: 0 });
    expect(runs()).toHaveLength(12);
  });
});
