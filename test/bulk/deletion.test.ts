/** Risk tested here: a run is deleted at Extend before its outcome is kept, or stays there although it has to go. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { endingOf } from '../../activities/bulk/delete-runs';
import type { GroupOutcome } from '../../activities/bulk/group-log';
import type { ParseResult } from '../../contract';
import { httpReply, rateLimitedReply, type EmulatorRequest, type Reply } from '../../testing';
import { until } from '../support/until';
import { failureOf, Scene } from '../workflows/scene';
import { BulkBatches, QUICK } from './bulk-batches';

const directory = mkdtempSync(join(tmpdir(), 'bulk-deletion-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const results = join(directory, 'results');
const sources = join(directory, 'sources');
mkdirSync(sources);

/** Chooses the reply to a request in the current test. */
let fault: ((request: EmulatorRequest) => Reply | undefined) | undefined;
afterEach(() => (fault = undefined));

const failing = (index: number) => (index === 0 ? 'failing?reads=1' : 'ok?reads=1');

describe('The deletion of the runs of a bulk batch', () => {
  const scene = new Scene({
    server: 'shared-dev-server',
    apiVersion: '2026-02-09',
    parse: { resultDirectory: results, sourceDirectory: sources },
    faults: (request) => fault?.(request),
  });
  const batches = new BulkBatches(scene, { resultDirectory: results });

  it.each([
    ['never', 0],
    ['afterSuccess', 11],
    ['always', 12],
  ])('with deleteRun %s deletes %i of 11 processed runs and a failed one', async (deleteRun, deleted) => {
    const { handle, runs } = await batches.start(12, { defaults: { ...QUICK, deleteRun } }, failing);
    expect(await handle.result()).toMatchObject({ processed: 11, failed: 1 });
    expect(runs().filter((run) => run.deleted)).toHaveLength(deleted);
  });

  it('begins when the outcomes are written, so that the next start of the batch does not need the runs', async () => {
    const written: boolean[] = [];
    fault = ({ operation, runId = '' }) => {
      if (operation === 'deleteRun') written.push(writtenOutcomes().includes(runId));
      return undefined;
    };
    const { handle } = await batches.start(12, { defaults: { ...QUICK, deleteRun: 'always' } });
    await handle.result();
    expect(written).toEqual(Array.from({ length: 12 }, () => true));
  });

  it('goes on after rate limits and failures of Extend', async () => {
    let refused = 0;
    fault = ({ operation }) => {
      if (operation !== 'deleteRun' || (refused += 1) > 6) return undefined;
      return refused % 2 === 0 ? rateLimitedReply({ retryAfter: 0 }) : httpReply({ status: 503 });
    };
    const { handle, runs } = await batches.start(12, { defaults: { ...QUICK, deleteRun: 'always' } });
    expect(await handle.result()).toMatchObject({ processed: 12 });
    expect(runs().filter((run) => run.deleted)).toHaveLength(12);
  });

  it('does not fail a batch if Extend refuses it', async () => {
    fault = ({ operation }) => (operation === 'deleteRun' ? httpReply({ status: 403, json: {} }) : undefined);
    const { handle, runs } = await batches.start(12, { defaults: { ...QUICK, deleteRun: 'always' } });
    expect(await handle.result()).toMatchObject({ processed: 12, failed: 0 });
    expect(runs().filter((run) => run.deleted)).toHaveLength(0);
  });

  it('includes the files that were uploaded', async () => {
    const names = Array.from({ length: 12 }, (_, index) => join(sources, `note-${index}.txt`));
    for (const name of names) writeFileSync(name, `# ${name}\n`);
    const documents = names.map((name) => ({ file: { source: pathToFileURL(name).href } }));
    const { handle, requests } = await batches.start(0, { documents, defaults: { ...QUICK, deleteRun: 'always' } });
    expect(await handle.result()).toMatchObject({ processed: 12 });
    expect(requests('deleteFile')).toHaveLength(12);
  });

  it('leaves the runs of a cancelled batch, because the next start may continue with them', async () => {
    const defaults = { ...QUICK, deleteRun: 'always', onCancel: 'leave' };
    const { handle, runs } = await batches.start(12, { defaults }, () => 'never?reads=9999');
    await until(() => runs().length === 12);
    await handle.cancel();
    expect((await failureOf(handle.result())).type).toBe('Cancelled');
    expect(runs().filter((run) => run.deleted)).toHaveLength(0);
  });
});

/** All segments of outcomes in the store. */
function writtenOutcomes(): string {
  return readdirSync(results, { recursive: true, encoding: 'utf8' })
    .filter((name) => /outcomes.\d+\.jsonl$/.test(name))
    .map((name) => readFileSync(join(results, name), 'utf8'))
    .join('');
}

describe('endingOf', () => {
  const facts = { id: '1', workflowId: 'b/1' };
  const failed = (type: string, details: object) =>
    ({ status: 'failed', ...facts, failure: { type, message: '', details }, polls: 1, durationMs: 1 }) as GroupOutcome;

  it.each<[string, GroupOutcome]>([
    ['succeeded', { status: 'processed', ...facts, result: { runId: 'pr_1' } as ParseResult, polls: 1, durationMs: 1 }],
    ['failed', failed('ParserRunFailed', { runId: 'pr_1', status: 'FAILED' })],
    ['overdue', failed('ParseDeadlineExceeded', { runId: 'pr_1', status: 'PROCESSING' })],
    ['undelivered', failed('ParseDeadlineExceeded', { runId: 'pr_1', status: 'PROCESSED' })],
    ['undelivered', failed('ResultStoreFailed', { runId: 'pr_1' })],
    ['undelivered', failed('SubmitOutcomeUnknown', { runMayExist: true })],
    ['undelivered', failed('Cancelled', { runId: 'pr_1', runMayExist: true })],
    ['neverAccepted', failed('FileNotFound', {})],
    ['undelivered', { status: 'cancelled', ...facts, runId: 'pr_1' }],
    ['undelivered', { status: 'left', ...facts }],
  ])('is %s', (ending, outcome) => expect(endingOf(outcome)).toBe(ending));
});
