import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  httpReply,
  naturalReply,
  rateLimitedReply,
  reportReply,
  startEmulator,
  type Emulator,
} from '../../../local/extend';
import { call, pollStates, submitUrl } from './api-call';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({
    scripts: {
      three: { processingReads: 3 },
      'failed-full': { processingReads: 0, status: 'FAILED', failureReason: 'OCR_ERROR', failedAs: 'parser_run' },
      'failed-null': { processingReads: 0, status: 'FAILED', failureReason: null },
      cancelled: { processingReads: 1, status: 'CANCELLED' },
      'odd-words': { processingReads: 1, processingStatus: 'QUEUED', status: 'PARKED' },
      instant: { submitStatus: 'PROCESSED' },
      'failed-at-submit': { submitStatus: 'FAILED', failureReason: 'FILE_SIZE_TOO_LARGE' },
      'no-output': { processingReads: 0, resultsWithoutOutput: 2 },
      relapsing: { processingReads: 0, resultsBackToProcessing: 1 },
      'odd-run': { processingReads: 0, run: { usage: null, extra: { a: 1 }, config: undefined } },
      'faulty-reads': {
        processingReads: 2,
        reads: [
          httpReply({ status: 404, json: { success: false, error: 'not yet' } }),
          naturalReply(),
          httpReply({ status: 503, json: { success: false } }),
          reportReply({ status: 'NEW_WORD' }),
        ],
        results: [httpReply({ status: 500, json: {} })],
        deletes: [rateLimitedReply({ retryAfter: 5 })],
      },
      'faulty-submit': { submit: [httpReply({ status: 502, text: 'bad gateway', acted: true })] },
    },
  });
});
afterAll(() => emulator.close());

function url(script: string): string {
  return `http://emulator.invalid/${script}`;
}

async function result(runId: string) {
  return (await call(emulator, 'GET', `/parser_runs/${runId}`)).body.parserRun;
}

describe('built-in scripts', () => {
  it.each([
    ['ok', ['PROCESSING', 'PROCESSED', 'PROCESSED']],
    ['failing', ['PROCESSING', 'PROCESSING', 'FAILED', 'FAILED']],
    ['slow', [...Array<string>(10).fill('PROCESSING'), 'PROCESSED']],
    ['never', Array<string>(50).fill('PROCESSING')],
  ])('%s reports its states in order', async (script, states) => {
    const id = await submitUrl(emulator, url(script));
    expect(await pollStates(emulator, id, states.length)).toEqual(states);
  });

  it('failing has a failure reason, no output and no credits', async () => {
    const id = await submitUrl(emulator, url('failing?reads=0'));
    const { body } = await call(emulator, 'GET', `/parser_runs/${id}?responseType=url`);
    expect(body.parserRun).toEqual({
      object: 'parser_run_status',
      id,
      status: 'FAILED',
      failureReason: 'CORRUPT_FILE',
    });
    expect(emulator.runs.find((run) => run.id === id)).toMatchObject({ failureReason: 'CORRUPT_FILE', credits: 0 });
  });

  it('rate-limited refuses two submits and one poll with Retry-After, and creates one run', async () => {
    const body = { file: { fileUrl: url('rate-limited') } };
    const answers = [
      await call(emulator, 'POST', '/parse/async', body),
      await call(emulator, 'POST', '/parse/async', body),
      await call(emulator, 'POST', '/parse/async', body),
    ];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(answers[0]?.headers.get('retry-after')).toBe('1');
    expect(answers[0]?.body).toEqual({ error: 'Rate limit exceeded' });
    expect(emulator.runs.filter((run) => run.script === 'rate-limited')).toHaveLength(1);
    expect(await pollStates(emulator, answers[2]?.body.id, 3)).toEqual(['429', 'PROCESSING', 'PROCESSED']);
  });

  it('a submit list is used up per URL', async () => {
    const first = await call(emulator, 'POST', '/parse/async', { file: { fileUrl: url('rate-limited?n=1') } });
    const second = await call(emulator, 'POST', '/parse/async', { file: { fileUrl: url('rate-limited?n=2') } });
    expect([first.status, second.status]).toEqual([429, 429]);
  });

  it('huge has a result that is too large for Temporal, in the size of the query', async () => {
    const read = async (script: string): Promise<number> => {
      const id = await submitUrl(emulator, url(script));
      return JSON.stringify(await result(id)).length;
    };
    const usual = await read('huge?reads=0');
    expect(usual).toBeGreaterThan(4_000_000);
    expect(usual).toBeLessThan(5_000_000);
    expect(await read('huge?reads=0&mb=9')).toBeGreaterThan(9_000_000);
  });

  it('the content contains the URL, so that no two documents are mistaken for each other', async () => {
    const id = await submitUrl(emulator, url('ok?reads=0&n=17'));
    expect((await result(id)).chunks[0].content).toContain('http://emulator.invalid/ok?reads=0&n=17');
  });

  it('an unknown script is refused by name, with a list of the known ones', async () => {
    const { status, body } = await call(emulator, 'POST', '/parse/async', { file: { fileUrl: url('okay') } });
    expect(status).toBe(400);
    expect(body.error).toMatch(/no scripted document okay; there are .*failing.*three/);
  });
});

describe('a submit with more than one mistake', () => {
  it.each<[string, object, RegExp]>([
    ['the file', { file: { fileUrl: url('okay'), fileId: 'file_1' }, config: 5 }, /exactly one of/],
    ['the config', { file: { fileUrl: url('okay') }, config: 5 }, /config must be an object/],
    ['the script', { file: { fileUrl: url('okay') } }, /no scripted document okay/],
  ])('is refused for the first one: %s', async (_, body, message) => {
    const answer = await call(emulator, 'POST', '/parse/async', body);
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringMatching(message)]);
  });

  it('is recorded with its script, and uses up an entry of the script', async () => {
    const file = { fileUrl: url('rate-limited?n=refused') };
    const statuses: number[] = [];
    for (let n = 0; n < 3; n += 1)
      statuses.push((await call(emulator, 'POST', '/parse/async', { file, config: 5 })).status);
    expect(statuses).toEqual([429, 429, 400]);
    expect(emulator.requests.at(-1)).toMatchObject({ operation: 'submit', script: 'rate-limited' });
  });
});

describe('scripted states', () => {
  it('PROCESSING is reported exactly as often as scripted, to polls and result requests', async () => {
    const byUrl = await submitUrl(emulator, url('three'));
    expect(await pollStates(emulator, byUrl, 4)).toEqual(['PROCESSING', 'PROCESSING', 'PROCESSING', 'PROCESSED']);
    const mixed = await submitUrl(emulator, url('three'));
    expect(await pollStates(emulator, mixed, 2)).toEqual(['PROCESSING', 'PROCESSING']);
    expect((await result(mixed)).status).toBe('PROCESSING');
    expect((await result(mixed)).object).toBe('parser_run');
  });

  it('FAILED comes as the full object if scripted', async () => {
    const run = await result(await submitUrl(emulator, url('failed-full')));
    expect(run).toMatchObject({ object: 'parser_run', status: 'FAILED', failureReason: 'OCR_ERROR', chunks: [] });
  });

  it('failureReason may be null', async () => {
    expect((await result(await submitUrl(emulator, url('failed-null')))).failureReason).toBeNull();
  });

  it('CANCELLED and unknown words are reported as scripted', async () => {
    expect(await pollStates(emulator, await submitUrl(emulator, url('cancelled')), 2)).toEqual([
      'PROCESSING',
      'CANCELLED',
    ]);
    expect(await pollStates(emulator, await submitUrl(emulator, url('odd-words')), 2)).toEqual(['QUEUED', 'PARKED']);
  });

  it('PROCESSED in the answer to the submit is followed by the output', async () => {
    const { body } = await call(emulator, 'POST', '/parse/async', { file: { fileUrl: url('instant') } });
    expect(body).toMatchObject({ object: 'parser_run_status', status: 'PROCESSED' });
    expect((await result(body.id)).chunks).toHaveLength(1);
  });

  it('FAILED in the answer to the submit carries the reason', async () => {
    const { body } = await call(emulator, 'POST', '/parse/async', { file: { fileUrl: url('failed-at-submit') } });
    expect(body).toMatchObject({ status: 'FAILED', failureReason: 'FILE_SIZE_TOO_LARGE' });
  });

  it('PROCESSED comes without output for as many result requests as scripted', async () => {
    const id = await submitUrl(emulator, url('no-output'));
    expect(await pollStates(emulator, id, 2)).toEqual(['PROCESSED', 'PROCESSED']);
    const objects = [await result(id), await result(id), await result(id)].map((run) => run.object);
    expect(objects).toEqual(['parser_run_status', 'parser_run_status', 'parser_run']);
  });

  it('a run can fall back to PROCESSING after a poll saw its end', async () => {
    const id = await submitUrl(emulator, url('relapsing'));
    expect(await pollStates(emulator, id, 1)).toEqual(['PROCESSED']);
    expect([(await result(id)).status, (await result(id)).status]).toEqual(['PROCESSING', 'PROCESSED']);
  });

  it('fields of the finished run can be replaced, added and left out', async () => {
    const run = await result(await submitUrl(emulator, url('odd-run')));
    expect(run).toMatchObject({ usage: null, extra: { a: 1 } });
    expect(run).not.toHaveProperty('config');
  });
});

describe('scripted replies', () => {
  it('each list is used up in order, and a reply that replaces the answer does not advance the run', async () => {
    const id = await submitUrl(emulator, url('faulty-reads'));
    const states = await pollStates(emulator, id, 6);
    expect(states).toEqual(['404', 'PROCESSING', '503', 'NEW_WORD', 'PROCESSING', 'PROCESSED']);
  });

  it('results and deletes have lists of their own', async () => {
    const id = await submitUrl(emulator, url('faulty-reads?reads=0'));
    expect((await call(emulator, 'GET', `/parser_runs/${id}`)).status).toBe(500);
    expect((await call(emulator, 'GET', `/parser_runs/${id}`)).status).toBe(200);
    expect((await call(emulator, 'DELETE', `/parser_runs/${id}`)).status).toBe(429);
    expect((await call(emulator, 'DELETE', `/parser_runs/${id}`)).status).toBe(200);
  });

  it('a submit that takes effect but is answered with 502 is billed', async () => {
    const headers = {
      authorization: 'Bearer x',
      'x-extend-api-version': '2025-04-21',
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ file: { fileUrl: url('faulty-submit') } });
    const answer = await fetch(`${emulator.url}/parse/async`, { method: 'POST', headers, body });
    expect([answer.status, await answer.text()]).toEqual([502, 'bad gateway']);
    expect(emulator.runs.filter((run) => run.script === 'faulty-submit')).toHaveLength(1);
  });

  it('a request that is refused for its headers uses up no entry', async () => {
    const file = { fileUrl: url('rate-limited?n=headers') };
    expect((await call(emulator, 'POST', '/parse/async', { file }, { headers: {} })).status).toBe(401);
    const answers = [1, 2, 3].map(() => call(emulator, 'POST', '/parse/async', { file }));
    expect((await Promise.all(answers)).filter(({ status }) => status === 429)).toHaveLength(2);
  });
});
