import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ContractError,
  decodeChunk,
  decodeErrorBody,
  decodeRunAnswer,
  decodeStateAnswer,
  decodeSubmitAnswer,
  decodeUploadAnswer,
} from '../../api';
import { FINISHED_RUN } from './finished-run';

const ID = FINISHED_RUN.parserRun.id;
const [CHUNK] = FINISHED_RUN.parserRun.chunks;
const runWith = (fields: object) => ({ ...FINISHED_RUN, parserRun: { ...FINISHED_RUN.parserRun, ...fields } });

/** The message of the `ContractError` that a decoder throws. */
function breach(decode: (body: unknown) => unknown, body: unknown): string {
  try {
    decode(body);
  } catch (error) {
    expect(error).toBeInstanceOf(ContractError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe.each([
  ['decodeSubmitAnswer', decodeSubmitAnswer, (run: unknown) => run, ''],
  ['decodeStateAnswer', decodeStateAnswer, (parserRun: unknown) => ({ success: true, parserRun }), 'parserRun.'],
] as const)('%s', (_name, decode, wrap, prefix) => {
  it.each([
    ['a run under way', { object: 'parser_run_status', id: ID, status: 'PROCESSING' }, { status: 'PROCESSING' }],
    ['a status that nobody knows', { id: ID, status: 'PENDING' }, { status: 'PENDING' }],
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
    ['fields that nobody knows', { id: ID, status: 'CANCELLED', batchId: null, more: [1] }, { status: 'CANCELLED' }],
  ])('reads %s', (_title, run, expected) => {
    expect(decode(wrap(run))).toEqual({ runId: ID, ...expected });
  });

  it.each([
    ['no id', { status: 'PROCESSING' }, 'id is missing'],
    ['an empty id', { id: '', status: 'PROCESSING' }, 'id: expected a text that is not empty, got ""'],
    ['a number as id', { id: 7, status: 'PROCESSING' }, 'id: expected string, got 7'],
    ['no status', { id: ID }, 'status is missing'],
    ['null as status', { id: ID, status: null }, 'status: expected string, got null'],
    ['an object as status', { id: ID, status: {} }, 'status: expected string, got an object'],
  ])('refuses %s, and names the field', (_title, run, message) => {
    expect(breach(decode, wrap(run))).toBe(prefix + message);
  });

  it('redacts and cuts the words', () => {
    const state = decode(
      wrap({ id: ID, status: 'x'.repeat(9000), failureReason: 'cannot load https://h/a?sig=SECRET' }),
    );
    expect(state.status).toHaveLength(501);
    expect(state.failureReason).toBe('cannot load https://h/***');
  });
});

describe('decodeStateAnswer', () => {
  it('wants the envelope', () => {
    expect(breach(decodeStateAnswer, { id: ID, status: 'PROCESSED' })).toBe('parserRun is missing');
    expect(breach(decodeStateAnswer, { success: false, error: 'x' })).toContain('parserRun');
    expect(breach(decodeStateAnswer, { parserRun: null })).toBe('parserRun: expected Object, got null');
  });
});

describe('decodeRunAnswer', () => {
  it('keeps a finished run as it is', () => {
    expect(decodeRunAnswer(FINISHED_RUN)).toEqual(FINISHED_RUN.parserRun);
  });

  it.each([
    ['null for what is optional', { failureReason: null, ocr: null, usage: null, config: null }],
    ['credits that are null', { usage: { credits: null } }],
    ['words that are null', { ocr: { words: null } }],
    ['words', { ocr: { words: [{ content: 'x', boundingBox: null, confidence: 0.5, pageNumber: 1 }] } }],
    [
      'fields and words that nobody knows',
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
  ])('keeps %s', (_title, fields) => {
    const body = runWith(fields);
    expect(decodeRunAnswer(body)).toEqual(body.parserRun);
  });

  const chunkWith = (fields: object) => ({ chunks: [CHUNK, { ...CHUNK, ...fields }] });
  it.each([
    ['parserRun.id', { id: undefined }],
    ['parserRun.fileId', { fileId: null }],
    ['parserRun.fileId', { fileId: '' }],
    ['parserRun.status', { status: undefined }],
    ['parserRun.chunks', { chunks: undefined }],
    ['parserRun.chunks', { chunks: null }],
    ['parserRun.chunks', { chunks: {} }],
    ['parserRun.chunks.0', { chunks: [null] }],
    ['parserRun.chunks.1.content', chunkWith({ content: undefined })],
    ['parserRun.chunks.1.content', chunkWith({ content: null })],
    ['parserRun.chunks.1.type', chunkWith({ type: 1 })],
    ['parserRun.chunks.1.blocks', chunkWith({ blocks: undefined })],
    ['parserRun.chunks.1.blocks.0.content', chunkWith({ blocks: [{ id: 'b', type: 'text' }] })],
    ['parserRun.chunks.1.metadata.pageRange', chunkWith({ metadata: {} })],
    ['parserRun.chunks.1.metadata.pageRange.start', chunkWith({ metadata: { pageRange: { start: '1', end: 1 } } })],
    ['parserRun.metrics', { metrics: undefined }],
    ['parserRun.metrics.pageCount', { metrics: { processingTimeMs: 1 } }],
    ['parserRun.metrics.processingTimeMs', { metrics: { processingTimeMs: -1, pageCount: 1 } }],
    ['parserRun.ocr.words.0', { ocr: { words: [1] } }],
    ['parserRun.usage.credits', { usage: { credits: 'two' } }],
  ])('refuses a wrong %s', (field, fields) => {
    expect(breach(decodeRunAnswer, JSON.parse(JSON.stringify(runWith(fields))))).toMatch(
      new RegExp(`^${field}(?:: expected .*, got .*| is missing)$`),
    );
  });

  it('names three fields at most', () => {
    const message = breach(decodeRunAnswer, { parserRun: {} });
    expect(message.split('; ')).toHaveLength(3);
  });

  it('shows no text of the document', () => {
    expect(breach(decodeRunAnswer, runWith({ metrics: 'SECRET', chunks: 'SECRET', fileId: ['SECRET'] }))).not.toContain(
      'SECRET',
    );
  });
});

describe('decodeChunk', () => {
  it('reads a chunk', () => {
    expect(decodeChunk({ ...CHUNK, id: 'chunk_1' })).toEqual({ ...CHUNK, id: 'chunk_1' });
  });

  it('names what is wrong', () => {
    expect(breach(decodeChunk, { ...CHUNK, content: 5 })).toBe('content: expected string, got 5');
    expect(breach(decodeChunk, 'text')).toBe('the body: expected Object, got a string');
  });
});

describe('decodeUploadAnswer', () => {
  it('reads the id out of a file full of null', () => {
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
  });

  it.each([
    [{ success: true }, 'file is missing'],
    [{ file: null }, 'file: expected Object, got null'],
    [{ file: { id: '' } }, 'file.id: expected a text that is not empty, got ""'],
    [{ file: { id: ['a'] } }, 'file.id: expected string, got an array'],
  ])('refuses %j', (body, message) => {
    expect(breach(decodeUploadAnswer, body)).toBe(message);
  });
});

describe('every decoder, on arbitrary JSON', () => {
  const filled = (value: unknown) => typeof value === 'string' && value !== '';
  /** JSON that looks much like an answer: each known member is there or not, right or not. */
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

  it('throws nothing but ContractError', () => {
    const decoders = [decodeSubmitAnswer, decodeStateAnswer, decodeRunAnswer, decodeUploadAnswer, decodeChunk];
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

  it('accepts a state exactly where there are an id and a status', () => {
    fc.assert(
      fc.property(state, ({ id, status, failureReason }) => {
        const right = filled(id) && filled(status);
        for (const decode of [
          () => decodeSubmitAnswer({ id, status, failureReason }),
          () => decodeStateAnswer({ parserRun: { id, status, failureReason } }),
        ]) {
          if (right) expect(decode().runId).toBe(id);
          else expect(decode).toThrow(ContractError);
        }
      }),
    );
  });

  it('accepts no run without ids, status, chunks and metrics', () => {
    fc.assert(
      fc.property(body, (json) => {
        let run;
        try {
          run = decodeRunAnswer(json);
        } catch {
          return;
        }
        expect([run.id, run.fileId, run.status].every(filled)).toBe(true);
        expect(Array.isArray(run.chunks)).toBe(true);
        expect(run.metrics.pageCount).toBeGreaterThanOrEqual(0);
        for (const chunk of run.chunks) expect(typeof chunk.content).toBe('string');
      }),
      { numRuns: 500 },
    );
  });

  it('is not fooled by the body of an error', () => {
    const error = { success: false, error: 'File not found' };
    expect(decodeErrorBody(JSON.stringify(error)).message).toBe('File not found');
    for (const decode of [decodeSubmitAnswer, decodeStateAnswer, decodeRunAnswer, decodeUploadAnswer, decodeChunk])
      breach(decode, error);
  });
});
