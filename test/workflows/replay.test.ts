import { beforeAll, describe, expect, it } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { bundledWorkflows } from './bundled-workflows';
import { recordedHistories } from './histories';
import { quietly } from './scene';

const HISTORIES = recordedHistories();

/** Ways of a document that must be among the recorded ones. */
const WAYS = [
  'timer-succeeded',
  'retry-succeeded',
  'failed',
  'refused',
  'faulty',
  'cancelled',
  'cancelled-retry',
  'resubmitted',
  'outcome-unknown',
  'woken',
  'woken-retry',
  'continued-as-new-1',
  'continued-as-new-2',
  'continued-as-new-3',
  'deleted',
  'deadline',
  'deadline-retry',
  'uploaded',
  'stored',
  'too-large',
  'invalid-input',
];

/** Ways of a batch that must be among the recorded ones. */
const BATCH_WAYS = [
  'succeeded',
  'stopped',
  'continued-as-new-2',
  'steered',
  'cancelled',
  'left',
  'started-again',
  'invalid-input',
];

describe('Recorded histories', () => {
  const errors = new Map<string, Error | undefined>();

  beforeAll(async () => {
    quietly();
    const histories = HISTORIES.map(({ name, history }) => ({ workflowId: name, history }));
    const results = Worker.runReplayHistories({ workflowBundle: await bundledWorkflows() }, histories);
    for await (const { workflowId, error } of results) errors.set(workflowId, error);
  });

  it.each(HISTORIES.map(({ name }) => name))('are replayed by the workflows of today: %s', (name) => {
    expect(errors.has(name)).toBe(true);
    expect(errors.get(name)).toBeUndefined();
  });

  it('show every way that a document or a batch can go', () => {
    const names = HISTORIES.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(WAYS.map((way) => `parse-document.v1.${way}`)));
    // How many runs a batch has depends on the server's haste.
    const missing = BATCH_WAYS.filter((way) => !names.some((name) => name.startsWith(`parse-batch.v1.${way}`)));
    expect(missing).toEqual([]);
  });

  it('tell nothing of the machine that recorded them', () => {
    const texts = HISTORIES.map(({ text }) => text).join('\n');
    expect(new Set([...texts.matchAll(/"identity": "([^"]*)"/g)].map(([, identity]) => identity))).toEqual(
      new Set(['worker']),
    );
    const payloads = [...texts.matchAll(/"data": "([^"]*)"/g)].map(([, data = '']) => Buffer.from(data, 'base64'));
    expect(texts + payloads.join('\n')).not.toMatch(/node_modules|\/tmp\/|\.ts:\d/);
  });
});
