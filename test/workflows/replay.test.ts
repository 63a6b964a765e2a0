import { beforeAll, describe, expect, it } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { bundledWorkflows } from './bundled-workflows';
import { readHistory, recordedHistories } from './recorded-histories';
import { quietly } from '../support/quietly';

const HISTORIES = recordedHistories();

/** Ways of a document for which a recorded history must exist. */
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
  'deleted',
  'deadline',
  'deadline-retry',
  'uploaded',
  'stored',
  'too-large',
  'invalid-input',
];

/** Ways of a batch for which a recorded history must exist. */
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

/** Ways that a version of the histories has beside these. */
const FURTHER_WAYS = {
  v1: [],
  v2: ['parse-document.v2.start-delay', 'parse-batch.v2.cancelled-while-paused'],
  v3: [
    'parse-document.v3.start-delay',
    'parse-batch.v3.cancelled-while-paused',
    'parse-document.v3.found-none',
    'parse-document.v3.started-again-2',
    ...['succeeded', 'woken', 'cancelled', 'left'].flatMap((way) => [
      `parse-batch.v3.bulk-${way}`,
      `parse-group.v3.bulk-${way}`,
    ]),
  ],
} as const;

interface StartedInput {
  readonly input: { readonly payloads: { data: string }[] };
}

describe('Recorded histories', () => {
  const errors = new Map<string, Error | undefined>();

  beforeAll(async () => {
    quietly();
    const histories = HISTORIES.map(({ name, history }) => ({ workflowId: name, history }));
    const results = Worker.runReplayHistories({ workflowBundle: await bundledWorkflows() }, histories);
    for await (const { workflowId, error } of results) errors.set(workflowId, error);
  });

  it.each(HISTORIES.map(({ name }) => name))('are replayed by the current workflows: %s', (name) => {
    expect(errors.has(name)).toBe(true);
    expect(errors.get(name)).toBeUndefined();
  });

  it.each(['v1', 'v2', 'v3'] as const)('cover every way of a document or a batch: %s', (version) => {
    const wanted = [
      ...WAYS.map((way) => `parse-document.${version}.${way}`),
      ...BATCH_WAYS.map((way) => `parse-batch.${version}.${way}`),
      ...FURTHER_WAYS[version],
    ];
    // The number of executions of a batch depends on the speed of the server.
    expect(wanted.filter((way) => !HISTORIES.some(({ name }) => name.startsWith(way)))).toEqual([]);
  });

  it.each(['timer-succeeded', 'continued-as-new-1', 'continued-as-new-2'])(
    'are not refused because of later limits: %s',
    async (way) => {
      const { text } = HISTORIES.find(({ name }) => name === `parse-document.v1.${way}`) ?? { text: '' };
      const deep = JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`) as unknown;
      const edited = JSON.parse(text) as { events: { workflowExecutionStartedEventAttributes?: StartedInput }[] };
      const [payload] = edited.events[0]?.workflowExecutionStartedEventAttributes?.input.payloads ?? [];
      if (payload === undefined) throw new Error('the history has no input');
      const input = JSON.parse(Buffer.from(payload.data, 'base64').toString()) as object;
      payload.data = Buffer.from(JSON.stringify({ ...input, config: { deep } })).toString('base64');
      const options = { workflowBundle: await bundledWorkflows() };
      await expect(Worker.runReplayHistory(options, readHistory(JSON.stringify(edited)), way)).resolves.toBeUndefined();
    },
  );

  it('contain no trace of the machine that recorded them', () => {
    const texts = HISTORIES.map(({ text }) => text).join('\n');
    expect(new Set([...texts.matchAll(/"identity": "([^"]*)"/g)].map(([, identity]) => identity))).toEqual(
      new Set(['worker']),
    );
    const payloads = [...texts.matchAll(/"data": "([^"]*)"/g)].map(([, data = '']) => Buffer.from(data, 'base64'));
    expect(texts + payloads.join('\n')).not.toMatch(/node_modules|\/tmp\/|\.ts:\d/);
  });
});
