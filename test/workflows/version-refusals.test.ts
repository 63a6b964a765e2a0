import { describe, expect, it } from '@jest/globals';
import { InvalidInputError, type ParseInput } from '../../client';
import { failureOf, Scene } from './scene';

const FILE = { fileUrl: 'http://emulator.invalid/ok?n=refused' };
const CONTENT = { content: new Blob(['# A note']), fileName: 'note.md' };

describe('A worker of version 2025-04-21', () => {
  const scene = new Scene({
    parse: {
      sources: {
        content: () => Promise.resolve(CONTENT),
        locked: () => Promise.resolve({ ...FILE, password: 'open sesame' }),
        // The upload sees no password, the submit does.
        'locked-later': () => {
          calls += 1;
          return Promise.resolve(calls === 1 ? FILE : { ...FILE, password: 'open sesame' });
        },
      },
    },
  });
  let calls = 0;

  const fields = [
    ['metadata', { metadata: { customer: 'c-17' } }],
    ['dataRetention', { dataRetention: 'zero' }],
    ['onCancel', { onCancel: 'cancelRun' }],
    ['metadata, dataRetention, onCancel', { metadata: {}, dataRetention: 'zero', onCancel: 'cancelRun' }],
  ] as const;
  const files = [
    ['a URL', FILE],
    ['an upload', { source: 'content:note' }],
  ] as const;

  it.each<[string, string, ParseInput]>([
    ...fields.flatMap(([names, given]) =>
      files.map(([kind, file]): [string, string, ParseInput] => [names, kind, { file, ...given }]),
    ),
    ['the password of the source', 'a URL', { file: { source: 'locked:contract' } }],
    ['the password of the source', 'a URL that the submit gets', { file: { source: 'locked-later:contract' } }],
  ])('refuses %s with %s, and sends nothing', async (names, _, input) => {
    const before = scene.emulator.requests.length;
    const { workflowId } = scene.document('refused');
    const failure = await failureOf(scene.client.execute(input, { workflowId }));
    expect(failure.type).toBe('InvalidInput');
    expect(failure.message).toContain(`invalid input: ${names}: version 2025-04-21 of Extend's API`);
    expect(failure.message).toContain('EXTEND_API_VERSION');
    expect(failure.message).not.toContain('open sesame');
    expect(failure.details).toMatchObject({ submits: 0 });
    expect(scene.emulator.requests).toHaveLength(before);
  });

  it("takes what asks nothing of the API: onCancel 'leave'", async () => {
    const document = scene.document('ok');
    expect(await scene.execute(document, { onCancel: 'leave' })).toMatchObject({ submits: 1 });
  });

  it("refuses to attach to a run of version 2025-04-21 with onCancel 'cancelRun'", async () => {
    const before = scene.emulator.requests.length;
    const { workflowId } = scene.document('attached');
    const input: ParseInput = { runId: 'parser_run_1', onCancel: 'cancelRun' };
    await expect(scene.client.start(input)).rejects.toThrow(InvalidInputError);
    // The workflow checks its input too, because another client may have started it.
    const options = { taskQueue: scene.parsing.taskQueue, workflowId, args: [input] };
    await scene.temporal.workflow.start('parseDocument', options);
    const failure = await failureOf(scene.client.getHandle(workflowId).result());
    expect(failure).toMatchObject({ type: 'InvalidInput' });
    expect(failure.message).toContain(`onCancel 'cancelRun' needs a run of version 2026-02-09, got "parser_run_1"`);
    expect(scene.emulator.requests).toHaveLength(before);
  });

  it.each<[string, ParseInput, RegExp]>([
    ['metadata', { file: FILE, metadata: { temporal: {} } }, /^.*metadata must not have the member 'temporal'/],
    ['dataRetention', { file: FILE, dataRetention: 'none' as 'zero' }, /dataRetention must be/],
    ['onCancel', { file: FILE, onCancel: 'stop' as 'leave' }, /onCancel must be/],
    ['apiVersion', { runId: 'pr_1', apiVersion: '2024-01-01' as '2026-02-09' }, /apiVersion must be/],
  ])('is never told of a wrong field, which the client refuses: %s', async (_, input, message) => {
    const starting = scene.client.start(input);
    await expect(starting).rejects.toThrow(InvalidInputError);
    await expect(starting).rejects.toThrow(message);
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(10);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});
