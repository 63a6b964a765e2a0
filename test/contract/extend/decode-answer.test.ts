import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ContractError,
  decodeChunk,
  decodeErrorBody,
  decodeRun,
  decodeStateAnswer,
  decodeSubmitAnswer,
  decodeUploadAnswer,
  type Chunk,
} from '../../../contract/extend';
import { FINISHED_RUN } from './finished-run';

const ID = FINISHED_RUN.parserRun.id;
const [CHUNK] = FINISHED_RUN.parserRun.chunks;
const runWith = (fields: object) => ({ ...FINISHED_RUN, parserRun: { ...FINISHED_RUN.parserRun, ...fields } });

/** Gives the message of the `ContractError` that a decoder throws. */
function breach(decode: (body: unknown) => unknown, body: unknown): string {
  try {
    decode(body);
  } catch (error) {
    expect(error).toBeInstanceOf(ContractError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

/** Decodes a run, and gives it with the fields that are left out. */
function noted(body: unknown) {
  const fields: string[] = [];
  return { run: decodeRun(body, (field) => fields.push(field)), fields };
}

const ENVELOPES = [
  ['bare', (run: unknown) => run, ''],
  ['in the envelope', (parserRun: unknown) => ({ success: true, parserRun }), 'parserRun.'],
] as const;
const DECODERS = [
  ['decodeSubmitAnswer', decodeSubmitAnswer],
  ['decodeStateAnswer', decodeStateAnswer],
] as const;

describe.each(DECODERS.flatMap(([name, decode]) => ENVELOPES.map((envelope) => [name, decode, ...envelope] as const)))(
  '%s',
  (_name, decode, _envelope, wrap, prefix) => {
    it.each([
      ['a run in flight', { object: 'parser_run_status', id: ID, status: 'PROCESSING' }, { status: 'PROCESSING' }],
      ['an unknown status', { id: ID, status: 'PENDING' }, { status: 'PENDING' }],
      [
        'an object as failure reason, in words',
        { id: ID, status: 'FAILED', failureReason: { code: 5 } },
        { status: 'FAILED', failureReason: '{"code":5}' },
      ],
      ['null as failure reason', { id: ID, status: 'FAILED', failureReason: null }, { status: 'FAILED' }],
      [
        'a failed run',
        { id: ID, status: 'FAILED', failureReason: 'CORRUPT_FILE' },
        { status: 'FAILED', failureReason: 'CORRUPT_FILE' },
      ],
      [
        'a failed run in the long form',
        { ...FINISHED_RUN.parserRun, status: 'FAILED', chunks: [], failureReason: 'x' },
        { status: 'FAILED', failureReason: 'x' },
      ],
      ['a finished run', FINISHED_RUN.parserRun, { status: 'PROCESSED' }],
      ['unknown fields', { id: ID, status: 'CANCELLED', batchId: null, more: [1] }, { status: 'CANCELLED' }],
      ['null as parserRun', { id: ID, status: 'PROCESSED', parserRun: null }, { status: 'PROCESSED' }],
    ])('reads %s', (_title, run, expected) => {
      expect(decode(wrap(run))).toEqual({ runId: ID, ...expected });
    });

    it.each([
      ['no id', { status: 'PROCESSING' }, 'id is missing'],
      ['an empty id', { id: '', status: 'PROCESSING' }, 'id: expected a text that is not empty, got ""'],
      ['a number as id', { id: 7, status: 'PROCESSING' }, 'id: expected string, got 7'],
    ])('refuses %s, and names the field', (_title, run, message) => {
      expect(breach(decode, wrap(run))).toBe(prefix + message);
    });

    it('redacts and cuts the texts', () => {
      const state = decode(
        wrap({ id: ID, status: 'x'.repeat(9000), failureReason: 'cannot load https://h/a?sig=SECRET' }),
      );
      expect(state.status).toHaveLength(501);
      expect(state.failureReason).toBe('cannot load https://h/***');
    });

    it('gives a short text for a reason that is nested too deeply', () => {
      const failureReason: unknown = JSON.parse(`${'['.repeat(9_000)}${']'.repeat(9_000)}`);
      expect(decode(wrap({ id: ID, status: 'FAILED', failureReason })).failureReason).toBe(
        'a reason with more than 100 levels of objects and arrays',
      );
    });
  },
);

describe.each(ENVELOPES)('An answer without a usable status, %s', (_title, wrap, prefix) => {
  it.each([
    ['no status', { id: ID }, 'status is missing'],
    ['null as status', { id: ID, status: null }, 'status: expected string, got null'],
    ['an object as status', { id: ID, status: {} }, 'status: expected string, got an object'],
    ['an empty status', { id: ID, status: '' }, 'status: expected a text that is not empty, got ""'],
  ])('counts as a run in flight for a submit, and is refused for a poll: %s', (_name, run, message) => {
    expect(decodeSubmitAnswer(wrap(run))).toEqual({ runId: ID, status: 'PROCESSING' });
    expect(breach(decodeStateAnswer, wrap(run))).toBe(prefix + message);
  });
});

describe('An id that no request can name', () => {
  it.each(['.', '..', '\ud800', 'r\n', 'r\u001b[31m', 'r\u202e', 'r'.repeat(1_001)])(
    'is refused in the answer of a poll, and accepted in the answer of a submit: %s',
    (id) => {
      expect(breach(decodeStateAnswer, { id, status: 'PROCESSED' })).toMatch(/^id must /);
      expect(decodeSubmitAnswer({ id }).runId).toBe(id);
    },
  );
});

describe('decodeRun', () => {
  const runOf = (fields: object) => runWith(fields).parserRun;

  it('keeps a finished run unchanged, and notes nothing', () => {
    expect(noted(FINISHED_RUN.parserRun)).toEqual({ run: FINISHED_RUN.parserRun, fields: [] });
  });

  it.each([
    ['null for optional fields', { failureReason: null, ocr: null, usage: null, config: null }],
    ['credits that are null', { usage: { credits: null } }],
    ['words that are null', { ocr: { words: null } }],
    ['words', { ocr: { words: [{ content: 'x', boundingBox: null, confidence: 0.5, pageNumber: 1 }] } }],
    [
      'unknown fields and words',
      { createdAt: 'now', status: 'PARTIAL', chunks: [{ ...CHUNK, id: 'chunk_1', type: 'slide' }] },
    ],
    ['no chunks', { chunks: [] }],
    [
      'blocks with null and unknown members',
      {
        chunks: [
          {
            ...CHUNK,
            blocks: [
              {
                object: 'block',
                id: 'b',
                type: 'barcode',
                content: '',
                details: null,
                polygon: null,
                boundingBox: { left: null },
                children: null,
                x: 1,
              },
            ],
          },
        ],
      },
    ],
  ])('keeps %s, and notes nothing', (_title, fields) => {
    expect(noted(runOf(fields))).toEqual({ run: runOf(fields), fields: [] });
  });

  it('keeps members of any name', () => {
    const run: unknown = JSON.parse(`{"__proto__":{"a":1},${JSON.stringify(FINISHED_RUN.parserRun).slice(1)}`);
    expect(JSON.stringify(decodeRun(run))).toBe(JSON.stringify(run));
  });

  const chunkWith = (fields: object) => ({ chunks: [CHUNK, { ...CHUNK, ...fields }] });
  it.each([
    ['id', { id: undefined }],
    ['id', { id: 7 }],
    ['status', { status: undefined }],
    ['status', { status: '' }],
    ['chunks', { chunks: undefined }],
    ['chunks', { chunks: null }],
    ['chunks', { chunks: {} }],
    ['chunks.0', { chunks: [null] }],
    ['chunks.1.content', chunkWith({ content: undefined })],
    ['chunks.1.content', chunkWith({ content: null })],
    ['chunks.1.content', chunkWith({ content: 7 })],
  ])('refuses a wrong %s', (field, fields) => {
    expect(breach(decodeRun, JSON.parse(JSON.stringify(runOf(fields))))).toMatch(
      new RegExp(`^${field}(?:: expected .*, got .*| is missing)$`),
    );
  });

  it('shows no text of the document', () => {
    for (const chunks of ['SECRET', ['SECRET'], [{ content: ['SECRET'] }]])
      expect(breach(decodeRun, runOf({ chunks }))).not.toContain('SECRET');
  });
});

describe('decodeChunk', () => {
  it('reads a chunk', () => {
    expect(decodeChunk({ ...CHUNK, id: 'chunk_1' })).toEqual({ ...CHUNK, id: 'chunk_1' });
  });

  it('names the wrong field', () => {
    expect(breach(decodeChunk, { ...CHUNK, content: 5 })).toBe('content: expected string, got 5');
    expect(breach(decodeChunk, 'text')).toBe('the body: expected Object, got a string');
  });
});

describe('decodeUploadAnswer', () => {
  it('reads the id of a file whose other fields are null', () => {
    const file = {
      object: 'file',
      id: 'file_1',
      name: null,
      type: null,
      presignedUrl: null,
      contents: null,
      usage: null,
    };
    expect(decodeUploadAnswer({ success: true, file })).toEqual({ fileId: 'file_1' });
    expect(decodeUploadAnswer(file)).toEqual({ fileId: 'file_1' });
  });

  it.each([
    [{ success: true }, 'id is missing'],
    [{ file: null }, 'id is missing'],
    [{ file: {} }, 'file.id is missing'],
    [{ file: { id: '..' } }, "file.id must not be '.' or '..'"],
    [7, 'the body: expected Object, got 7'],
    [{ file: { id: '' } }, 'file.id: expected a text that is not empty, got ""'],
    [{ file: { id: ['a'] } }, 'file.id: expected string, got an array'],
  ])('refuses %j', (body, message) => {
    expect(breach(decodeUploadAnswer, body)).toBe(message);
  });
});

/** Gives the values of a field, by its name in the log. */
function at(value: unknown, field: string): unknown[] {
  return field.split('.').reduce<unknown[]>(
    (values, name) =>
      values.flatMap((one) => {
        const member = (one as Record<string, unknown> | undefined)?.[name.replace('[]', '')];
        return name.endsWith('[]') ? member : [member];
      }),
    [value],
  );
}

describe('every decoder, on arbitrary JSON', () => {
  const filled = (value: unknown) => typeof value === 'string' && value !== '';
  /** JSON that is similar to an answer. Each known member may be present or absent, right or wrong. */
  const state = fc.record(
    {
      id: fc.oneof(fc.string(), fc.jsonValue()),
      status: fc.oneof(fc.string(), fc.jsonValue()),
      failureReason: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const nearRun = fc
    .record({
      fileId: fc.jsonValue(),
      chunks: fc.array(fc.oneof(fc.constant(CHUNK), fc.jsonValue())),
      metrics: fc.jsonValue(),
    })
    .chain((fields) =>
      fc.constantFrom(runWith(fields), runWith({ chunks: fields.chunks }), runWith({ metrics: fields.metrics })),
    );
  const body = fc.oneof(fc.jsonValue(), state, fc.record({ parserRun: state }), fc.record({ file: state }), nearRun);

  it('throws only ContractError', () => {
    const decoders = [decodeSubmitAnswer, decodeStateAnswer, decodeRun, decodeUploadAnswer, decodeChunk];
    fc.assert(
      fc.property(body, fc.constantFrom(...decoders), (json, decode) => {
        try {
          decode(json);
        } catch (error) {
          expect(error).toBeInstanceOf(ContractError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('accepts a state exactly if there are an id and a status, and a submit exactly if there is an id', () => {
    const isUsable = (id: unknown) =>
      typeof id === 'string' && !['', '.', '..'].includes(id) && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(id);
    fc.assert(
      fc.property(state, fc.boolean(), (run, isWrapped) => {
        const body = isWrapped ? { parserRun: run } : run;
        const submit = () => decodeSubmitAnswer(body);
        const read = () => decodeStateAnswer(body);
        if (filled(run.id)) expect(submit().runId).toBe(run.id);
        else expect(submit).toThrow(ContractError);
        if (isUsable(run.id) && filled(run.status)) expect(read().runId).toBe(run.id);
        else expect(read).toThrow(ContractError);
      }),
    );
  });

  it('accepts a run exactly if there are an id, a status and contents, and gives right types', () => {
    fc.assert(
      fc.property(nearRun, ({ parserRun }) => {
        const { chunks } = parserRun;
        const isRight =
          Array.isArray(chunks) &&
          chunks.every((chunk: unknown) => typeof (chunk as Chunk | null)?.content === 'string');
        if (!isRight) return void expect(() => decodeRun(parserRun)).toThrow(ContractError);
        const { run, fields } = noted(decodeRun(parserRun));
        expect(run.chunks.map(({ content }) => content)).toEqual((chunks as Chunk[]).map(({ content }) => content));
        expect(['string', 'undefined']).toContain(typeof run.fileId);
        expect(run.metrics?.pageCount ?? 0).toBeGreaterThanOrEqual(0);
        // A second decoding notes only missing fields, and no field of another type.
        for (const field of fields) expect(at(run, field)).toContain(undefined);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses the body of an error', () => {
    const error = { success: false, error: 'File not found' };
    expect(decodeErrorBody(JSON.stringify(error)).message).toBe('File not found');
    for (const decode of [decodeSubmitAnswer, decodeStateAnswer, decodeRun, decodeUploadAnswer, decodeChunk])
      breach(decode, error);
  });
});
