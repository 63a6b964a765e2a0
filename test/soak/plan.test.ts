import { describe, expect, it } from '@jest/globals';
import { planSoak, WORKERS, type PlanOptions } from './plan';
import { createRandom } from './seeded-random';

const OPTIONS: PlanOptions = { seed: 'any', documents: 200, mode: 'both', engine: 'both' };
const LOAD_MS = 80_000;

describe('the plan of a soak', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planSoak(OPTIONS)).toEqual(planSoak({ ...OPTIONS }));
    const other = planSoak({ ...OPTIONS, seed: 'other' });
    expect(other.documents.map(({ script }) => script)).not.toEqual(
      planSoak(OPTIONS).documents.map(({ script }) => script),
    );
    expect(other.interruptions).not.toEqual(planSoak(OPTIONS).interruptions);
  });

  it('gives a document the same faults for any number of documents', () => {
    const [, second] = planSoak(OPTIONS).documents;
    const [, among3] = planSoak({ ...OPTIONS, documents: 3 }).documents;
    expect({ ...among3, startAtMs: 0 }).toEqual({ ...second, startAtMs: 0 });
  });

  it('gives no two documents the same name or content', () => {
    const { documents } = planSoak(OPTIONS);
    for (const member of ['workflowId', 'fileUrl', 'scriptName'] as const) {
      expect(new Set(documents.map((document) => document[member])).size).toBe(200);
    }
    const texts = documents.flatMap((document) => document.texts);
    expect(new Set(texts).size).toBe(texts.length);
    for (const { script, texts: own } of documents) expect(script.chunks?.map(({ content }) => content)).toEqual(own);
  });

  it('holds every kind of fault and of end', () => {
    const { documents } = planSoak({ ...OPTIONS, documents: 1000 });
    const kinds = (list: 'submit' | 'reads' | 'results') =>
      new Set(documents.flatMap(({ script }) => (script[list] ?? []).map(({ kind }) => kind)));
    expect([...kinds('submit')].sort()).toEqual(['drip', 'hang', 'http', 'natural', 'reset', 'truncated']);
    expect([...kinds('reads')].sort()).toEqual([
      'drip',
      'endless',
      'hang',
      'http',
      'natural',
      'padded',
      'report',
      'reset',
      'truncated',
    ]);
    expect([...kinds('results')].sort()).toEqual(['drip', 'http', 'natural', 'padded', 'reset', 'truncated']);
    const ends = new Set(documents.map(({ end }) => (end.kind === 'result' ? 'result' : end.type)));
    expect([...ends].sort()).toEqual([
      'FileNotFound',
      'OutOfCredits',
      'ParseDeadlineExceeded',
      'ParserRunFailed',
      'RequestRejected',
      'SubmitOutcomeUnknown',
      'Unauthorized',
      'result',
    ]);
  });

  it('expects an unknown outcome if and only if a document in fail mode gets no readable answer to its submit', () => {
    const modes = planSoak({ ...OPTIONS, documents: 1000 }).documents.map(({ end, mode, script }) => {
      const lost = (script.submit ?? []).some((reply) => reply.kind === 'reset' || reply.kind === 'truncated');
      return { mode, lost, unknown: end.kind === 'failure' && end.type === 'SubmitOutcomeUnknown' };
    });
    expect(modes.filter(({ mode, unknown }) => unknown && mode === 'resubmit')).toEqual([]);
    expect(modes.filter(({ mode, lost, unknown }) => mode === 'fail' && lost && !unknown)).toEqual([]);
    expect(modes.filter(({ unknown }) => unknown).length).toBeGreaterThan(100);
  });

  it('keeps to one mode and one engine if they are given', () => {
    const { documents } = planSoak({ ...OPTIONS, mode: 'fail', engine: 'retry' });
    expect(documents.every(({ mode, input }) => mode === 'fail' && input.onAmbiguousSubmit === 'fail')).toBe(true);
    expect(documents.every(({ input }) => input.polling?.engine === 'retry')).toBe(true);
    const both = planSoak(OPTIONS).documents;
    expect(new Set(both.map(({ mode }) => mode)).size).toBe(2);
    expect(new Set(both.map(({ input }) => input.polling?.engine)).size).toBe(2);
  });

  it('kills workers, restarts the server and stops Extend in order of time, while documents are in flight', () => {
    const { interruptions } = planSoak({ ...OPTIONS, kills: 30, restarts: 2, outages: 3 });
    const count = (kind: string) => interruptions.filter((one) => one.kind === kind).length;
    expect([count('kill'), count('restart'), count('outage')]).toEqual([30, 2, 3]);
    const times = interruptions.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(times.every((atMs) => atMs >= 0 && atMs <= LOAD_MS * 1.2)).toBe(true);
    const killed = new Set(interruptions.flatMap((one) => (one.kind === 'kill' ? [one.worker] : [])));
    expect(killed.size).toBe(WORKERS);
  });

  it('has no hanging request if faults have to be quick', () => {
    const { documents } = planSoak({ ...OPTIONS, documents: 1000, patience: 'quick' });
    const replies = documents.flatMap(({ script }) => [...(script.submit ?? []), ...(script.reads ?? [])]);
    expect(replies.filter(({ kind }) => kind === 'hang')).toEqual([]);
  });
});

describe('the random numbers', () => {
  it('stay within their bounds and reach them', () => {
    const random = createRandom('bounds');
    const numbers = Array.from({ length: 1000 }, () => random.whole(3, 5));
    expect(new Set(numbers)).toEqual(new Set([3, 4, 5]));
    const shares = Array.from({ length: 10_000 }, () => random.next());
    expect(shares.every((share) => share >= 0 && share < 1)).toBe(true);
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeCloseTo(0.5, 1);
  });

  it('choose by weight, and never an entry with weight 0', () => {
    const random = createRandom('weights');
    const chosen = Array.from({ length: 4000 }, () =>
      random.weighted([
        [3, 'often'],
        [0, 'never'],
        [1, 'seldom'],
      ]),
    );
    expect(chosen).not.toContain('never');
    expect(chosen.filter((word) => word === 'often').length / chosen.length).toBeCloseTo(0.75, 1);
  });
});
