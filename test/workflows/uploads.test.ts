import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { DocumentInput } from '../../contract';
import { httpReply, rateLimitedReply, resetReply, type EmulatorRequest, type Reply } from '../../testing';
import { failureOf, Scene } from './scene';

describe('A source', () => {
  let directory = '';
  /** The next answers, by operation. Without one, the emulator answers as usual. */
  const spoiled: { operation: string; reply: Reply }[] = [];
  const scene = new Scene(async () => {
    directory = await mkdtemp(join(tmpdir(), 'extend-parse-sources-'));
    await writeFile(join(directory, 'note.txt'), '# A note\n\nIt is short.\n');
    // Without metadata, no lost run is found, and version 2026-02-09 does as 2025-04-21.
    return { faults, parse: { sourceDirectory: directory, runMetadata: false } };
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  function faults({ operation }: EmulatorRequest): Reply | undefined {
    const at = spoiled.findIndex((entry) => entry.operation === operation);
    return at < 0 ? undefined : spoiled.splice(at, 1)[0]?.reply;
  }

  /** The body of the submit of an uploaded file. Version 2026-02-09 names an uploaded file by its id only. */
  function bodyOf(fileId: string | undefined, fileName?: string): object {
    const isNew = scene.apiVersion === '2026-02-09';
    return { file: isNew ? { id: fileId } : { fileId, ...(fileName !== undefined && { fileName }) } };
  }

  const note = () => pathToFileURL(join(directory, 'note.txt')).href;

  /** Parses the note, and returns the requests for it. */
  async function parsed(input: Partial<DocumentInput> = {}) {
    const from = scene.emulator.requests.length;
    const { workflowId } = scene.document('note');
    const ending = scene.client.execute({ file: { source: note() }, ...input }, { workflowId });
    const end = await ending.catch((error: unknown) => error);
    const requests = scene.emulator.requests.slice(from);
    const file = scene.emulator.files.at(-1);
    return {
      end,
      file,
      count: (operation: string) => requests.filter((one) => one.operation === operation).length,
      requests,
    };
  }

  it('is uploaded once and submitted by its id', async () => {
    const { end, file, count, requests } = await parsed();
    expect(end).toMatchObject({ submits: 1, pageCount: 1 });
    expect(count('upload')).toBe(1);
    expect(requests.find(({ operation }) => operation === 'submit')?.bodyJson).toEqual(bodyOf(file?.id));
    expect(file).toMatchObject({ name: 'note.txt', uploaded: true, deleted: false });
    expect((end as { fileId: string }).fileId).toBe(file?.id);
  });

  it('is uploaded once even if it is submitted again', async () => {
    spoiled.push(
      { operation: 'submit', reply: rateLimitedReply() },
      { operation: 'submit', reply: resetReply({ acted: true }) },
    );
    const { end, count, file, requests } = await parsed();
    expect(end).toMatchObject({ submits: 2 });
    expect([count('upload'), count('submit')]).toEqual([1, 3]);
    const bodies = requests.filter(({ operation }) => operation === 'submit').map(({ bodyJson }) => bodyJson);
    expect(bodies).toEqual(Array.from({ length: 3 }, () => bodyOf(file?.id)));
  });

  it('is uploaded under the file name of the input', async () => {
    const { file, requests } = await parsed({ file: { source: note(), fileName: 'other.txt' } });
    expect(file?.name).toBe('other.txt');
    const submit = requests.find(({ operation }) => operation === 'submit');
    expect(submit?.bodyJson).toEqual(bodyOf(file?.id, 'other.txt'));
  });

  it.each([
    ['always', true],
    ['afterSuccess', true],
    ['never', false],
  ] as const)('is deleted with its run: %s', async (deleteRun, deleted) => {
    const { end, file, count } = await parsed({ deleteRun });
    expect(end).toMatchObject({ submits: 1 });
    expect(file?.deleted).toBe(deleted);
    expect([count('deleteRun'), count('deleteFile')]).toEqual(deleted ? [1, 1] : [0, 0]);
  });

  it('is deleted when no run can need the upload, and kept when a run may', async () => {
    spoiled.push({ operation: 'submit', reply: httpReply({ status: 401, json: { error: 'bad key' } }) });
    const refused = await parsed({ deleteRun: 'always' });
    expect(refused.end).toMatchObject({ type: 'Unauthorized' });
    expect(refused.file?.deleted).toBe(true);
    spoiled.push({ operation: 'submit', reply: resetReply({ acted: true }) });
    const unknown = await parsed({ deleteRun: 'always', onAmbiguousSubmit: 'fail' });
    expect(unknown.end).toMatchObject({ type: 'SubmitOutcomeUnknown' });
    expect(unknown.file?.deleted).toBe(false);
  });

  it('never deletes a file that this workflow did not upload', async () => {
    const { file } = await parsed();
    await scene.client.execute({ file: { fileId: file?.id ?? '' }, deleteRun: 'always' });
    expect(scene.emulator.files.find(({ id }) => id === file?.id)?.deleted).toBe(false);
  });

  it('survives faults of the upload, and fails when Extend refuses it', async () => {
    spoiled.push({ operation: 'upload', reply: resetReply() }, { operation: 'upload', reply: rateLimitedReply() });
    const { end, count } = await parsed();
    expect(end).toMatchObject({ submits: 1 });
    expect([count('upload'), count('submit')]).toEqual([3, 1]);
    spoiled.push({
      operation: 'upload',
      reply: httpReply({ status: 400, json: { error: { code: 'CORRUPT_FILE', message: 'broken' } } }),
    });
    const refused = await parsed();
    expect(refused.end).toMatchObject({ type: 'UploadRejected', details: { status: 400, code: 'CORRUPT_FILE' } });
    expect(refused.count('submit')).toBe(0);
  });

  it('that does not exist, or is not allowed, sends nothing', async () => {
    for (const source of [`${note()}.gone`, 'file:///etc/passwd', 's3://bucket/key']) {
      const from = scene.emulator.requests.length;
      const failure = await failureOf(scene.client.execute({ file: { source } }));
      expect(failure.type).toBe('SourceUnavailable');
      expect(scene.emulator.requests).toHaveLength(from);
    }
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(10);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});
