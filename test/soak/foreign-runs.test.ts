import { expect, it } from '@jest/globals';
import { planForeignRuns, toForeignSubmit, type Resemblance } from './foreign-runs';

const TEMPORAL = { namespace: 'default', workflowId: 'soak-7', firstRunId: 'first', submit: 1 };
const MODEL = { fileUrl: 'http://emulator.invalid/document-7', metadata: { temporal: TEMPORAL } };

it.each<Resemblance>(['otherNamespace', 'otherWorkflow', 'otherExecution', 'otherSubmit'])(
  'a forged run has the name of its model, and its metadata with one other member: %s',
  (resemblance) => {
    const { file, metadata } = toForeignSubmit({ atMs: 0, place: 0, resemblance }, MODEL) as {
      file: { name: string };
      metadata: { temporal: Record<string, unknown> };
    };
    expect(file.name).toBe('document-7');
    const differing = Object.entries(TEMPORAL).filter(([name, value]) => metadata.temporal[name] !== value);
    expect(differing).toHaveLength(1);
  },
);

it('a run of an equal name has no metadata', () => {
  const submit = toForeignSubmit({ atMs: 0, place: 0, resemblance: 'equalName' }, MODEL);
  expect(submit).toEqual({ file: { url: 'http://emulator.invalid/foreign', name: 'document-7' } });
});

it('the plan of a seed has runs of each kind in order of time', () => {
  const runs = planForeignRuns({ seed: 'any', count: 100, loadMs: 1_000 });
  expect(new Set(runs.map(({ resemblance }) => resemblance)).size).toBe(5);
  expect(runs.map(({ atMs }) => atMs)).toEqual(runs.map(({ atMs }) => atMs).sort((one, other) => one - other));
});
