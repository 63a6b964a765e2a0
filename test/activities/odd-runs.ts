import { FINISHED_RUN } from '../contract/extend/finished-run';

/** A run in an answer, and the expected result of every reader. */
export interface OddRun {
  readonly title: string;
  /** Run as Extend sends it, as JSON. */
  readonly text: string;
  /** Members of the workflow's result that differ from {@link USUAL}. `undefined` stands for an absent member. */
  readonly summary?: Readonly<Record<string, unknown>>;
  /** Chunks of the result. @default the chunks of the run, unchanged */
  readonly chunks?: readonly unknown[];
  /** Fields that the log names. @default none */
  readonly noted?: readonly string[];
}

export const RUN = FINISHED_RUN.parserRun;
export const USUAL = {
  runId: RUN.id,
  apiVersion: '2025-04-21',
  fileId: RUN.fileId,
  pageCount: 1,
  processingTimeMs: 4210,
  credits: 2,
};
const [CHUNK] = RUN.chunks as [(typeof RUN.chunks)[0]];
const [BLOCK] = CHUNK.blocks as [(typeof CHUNK.blocks)[0]];
/** Builds a run. A member that is `undefined` is not sent. */
export const runText = (fields: object = {}): string => JSON.stringify({ ...RUN, ...fields });

const omit = (value: object, ...names: string[]) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

const withRun = (title: string, fields: object, rest: Partial<OddRun> = {}): OddRun => ({
  title,
  text: runText(fields),
  ...rest,
});

/**
 * Builds a case in which a field of the chunk breaks the contract. The field is left out, and everything else is kept.
 */
const withChunk = (title: string, fields: object, kept: object, ...noted: string[]): OddRun =>
  withRun(title, { chunks: [CHUNK, { ...CHUNK, ...fields }] }, { chunks: [CHUNK, kept], noted });

const withBlock = (title: string, fields: object, name: string): OddRun =>
  withChunk(
    title,
    { blocks: [BLOCK, { ...BLOCK, ...fields, future: 1 }] },
    { ...CHUNK, blocks: [BLOCK, { ...omit(BLOCK, name), future: 1 }] },
    `chunks[].blocks[].${name}`,
  );

const withPageRange = (title: string, metadata: object): OddRun =>
  withChunk(
    title,
    { metadata: { ...metadata, future: 1 } },
    { ...CHUNK, metadata: { future: 1 } },
    'chunks[].metadata.pageRange',
  );

const noMetrics = { pageCount: undefined, processingTimeMs: undefined };

/** Builds a value with the given number of levels. */
export const nested = (levels: number): string => `${'[['.repeat(levels / 2)}${']]'.repeat(levels / 2)}`;
const inText = (text: string, before: string, after: string) => text.replace(before, () => after);

/** Runs with odd optional fields, which are accepted. */
export const ACCEPTED: readonly OddRun[] = [
  withRun('as documented', {}),
  withRun('without its object', { object: undefined }, { noted: ['object'] }),
  withRun('metrics null', { metrics: null }, { summary: noMetrics, noted: ['metrics'] }),
  withRun('metrics missing', { metrics: undefined }, { summary: noMetrics, noted: ['metrics'] }),
  withRun('metrics a text', { metrics: 'SECRET' }, { summary: noMetrics, noted: ['metrics'] }),
  withRun(
    'pageCount null',
    { metrics: { processingTimeMs: 4210, pageCount: null } },
    { summary: { pageCount: undefined }, noted: ['metrics.pageCount'] },
  ),
  withRun(
    'pageCount negative',
    { metrics: { processingTimeMs: 4210, pageCount: -1 } },
    { summary: { pageCount: undefined }, noted: ['metrics.pageCount'] },
  ),
  withRun(
    'processingTimeMs a text',
    { metrics: { processingTimeMs: '4210', pageCount: 1 } },
    { summary: { processingTimeMs: undefined }, noted: ['metrics.processingTimeMs'] },
  ),
  withRun(
    'processingTimeMs missing',
    { metrics: { pageCount: 1 } },
    { summary: { processingTimeMs: undefined }, noted: ['metrics.processingTimeMs'] },
  ),
  {
    title: 'pageCount that is too large for a number',
    text: inText(runText(), '"pageCount":1', '"pageCount":1e999'),
    summary: { pageCount: undefined },
    noted: ['metrics.pageCount'],
  },
  {
    title: 'metrics twice: the last counts',
    text: inText(runText(), '"metrics":', '"metrics":{"pageCount":7},"metrics":'),
  },
  {
    title: 'metrics of 100 kB',
    text: runText({ metrics: { ...RUN.metrics, pad: 'x'.repeat(100_000) } }),
  },
  withRun('fileId null', { fileId: null }, { summary: { fileId: undefined }, noted: ['fileId'] }),
  withRun('fileId missing', { fileId: undefined }, { summary: { fileId: undefined }, noted: ['fileId'] }),
  withRun('fileId empty', { fileId: '' }, { summary: { fileId: undefined }, noted: ['fileId'] }),
  withRun('fileId a number', { fileId: 7 }, { summary: { fileId: undefined }, noted: ['fileId'] }),
  withRun('fileId of 100 kB', { fileId: 'x'.repeat(100_000) }, { summary: { fileId: undefined }, noted: ['fileId'] }),
  withRun('usage null', { usage: null }, { summary: { credits: undefined } }),
  withRun('usage missing', { usage: undefined }, { summary: { credits: undefined } }),
  withRun('usage a text', { usage: 'SECRET' }, { summary: { credits: undefined }, noted: ['usage'] }),
  withRun('credits a text', { usage: { credits: '2' } }, { summary: { credits: undefined }, noted: ['usage.credits'] }),
  withRun('credits null', { usage: { credits: null } }, { summary: { credits: undefined } }),
  withRun(
    'credits negative',
    { usage: { credits: -2 } },
    { summary: { credits: undefined }, noted: ['usage.credits'] },
  ),
  withRun('failureReason an object', { failureReason: { SECRET: 1 } }, { noted: ['failureReason'] }),
  withRun('config a text', { config: 'SECRET' }, { noted: ['config'] }),
  withRun('ocr a text', { ocr: 'SECRET' }, { noted: ['ocr'] }),
  withRun('one wrong word in ocr', { ocr: { words: [{ content: 'a' }, 7] } }, { noted: ['ocr.words[]'] }),
  withRun('no chunks', { chunks: [] }),
  withRun('unknown fields', {
    future: [[], {}, -1.5e3],
    chunks: [{ ...CHUNK, id: 'chunk_1', type: 'slide', more: null, metadata: { ...CHUNK.metadata, sheet: {} } }],
  }),
  withChunk('chunk type missing', { type: undefined }, omit(CHUNK, 'type'), 'chunks[].type'),
  withChunk('chunk type a number', { type: 7 }, omit(CHUNK, 'type'), 'chunks[].type'),
  withChunk('chunk object missing', { object: undefined }, omit(CHUNK, 'object'), 'chunks[].object'),
  withChunk('metadata null', { metadata: null }, omit(CHUNK, 'metadata'), 'chunks[].metadata'),
  withChunk('metadata missing', { metadata: undefined }, omit(CHUNK, 'metadata'), 'chunks[].metadata'),
  withChunk('metadata an array', { metadata: [1] }, omit(CHUNK, 'metadata'), 'chunks[].metadata'),
  withPageRange('pageRange null', { pageRange: null }),
  withPageRange('pageRange missing', {}),
  withPageRange('pageRange with null', { pageRange: { start: 1, end: null } }),
  withPageRange('pageRange with a text', { pageRange: { start: '1', end: 1 } }),
  withPageRange('pageRange without its end', { pageRange: { start: 1 } }),
  withChunk('blocks null', { blocks: null }, omit(CHUNK, 'blocks'), 'chunks[].blocks'),
  withChunk('blocks missing', { blocks: undefined }, omit(CHUNK, 'blocks'), 'chunks[].blocks'),
  withChunk('blocks a text', { blocks: 'SECRET' }, omit(CHUNK, 'blocks'), 'chunks[].blocks'),
  withChunk('a block null', { blocks: [null, BLOCK] }, { ...CHUNK, blocks: [BLOCK] }, 'chunks[].blocks[]'),
  withChunk('a block a text', { blocks: [BLOCK, 'SECRET'] }, { ...CHUNK, blocks: [BLOCK] }, 'chunks[].blocks[]'),
  withBlock('block content null', { content: null }, 'content'),
  withBlock('block content missing', { content: undefined }, 'content'),
  withBlock('block id missing', { id: undefined }, 'id'),
  withBlock('block id a number', { id: 7 }, 'id'),
  withBlock('block type missing', { type: undefined }, 'type'),
  withBlock('block details a text', { details: 'SECRET' }, 'details'),
  withBlock('block metadata a text', { metadata: 'SECRET' }, 'metadata'),
  withBlock('block polygon a text', { polygon: 'SECRET' }, 'polygon'),
  withBlock('block polygon with a wrong point', { polygon: [{ x: 1, y: 2 }, { x: 1 }] }, 'polygon'),
  withBlock('block boundingBox an array', { boundingBox: [1] }, 'boundingBox'),
  withRun('a block full of null', {
    chunks: [
      {
        ...CHUNK,
        blocks: [
          {
            ...BLOCK,
            details: null,
            metadata: { page: null },
            polygon: null,
            boundingBox: { left: null },
            parentBlockId: null,
            children: null,
          },
        ],
      },
    ],
  }),
  withChunk(
    'a wrong child of a block',
    { blocks: [{ ...BLOCK, children: [BLOCK, 7, { ...BLOCK, id: 7 }] }] },
    { ...CHUNK, blocks: [{ ...BLOCK, children: [BLOCK, omit(BLOCK, 'id')] }] },
    'chunks[].blocks[].children[]',
    'chunks[].blocks[].children[].id',
  ),
  {
    title: 'content twice: the last counts',
    text: inText(runText(), '"content":', '"content":7,"content":'),
  },
  {
    title: 'status twice: the last counts',
    text: inText(runText(), '"status":', '"status":"FAILED","status":'),
  },
  {
    title: 'a chunk with 15,000 levels',
    text: inText(runText(), '"metadata":', `"future":${nested(15_000)},"metadata":`),
    chunks: [{ ...CHUNK, future: JSON.parse(nested(100)) }],
    noted: ['chunks[].future'],
  },
  {
    // More levels than any recursion has stack for.
    title: 'a configuration with 50,000 levels',
    text: inText(runText(), '"pageRotationEnabled":true', `"a":${nested(50_000)}`),
    noted: ['config'],
  },
];

/** Runs that are refused, because a required field is missing. */
export const REFUSED: readonly OddRun[] = [
  withRun('no id', { id: undefined }),
  withRun('id null', { id: null }),
  withRun('id empty', { id: '' }),
  withRun('id a number', { id: 7 }),
  withRun('id of 1,001 characters', { id: 'r'.repeat(1_001) }),
  withRun('id of 100 kB', { id: 'r'.repeat(100_000) }),
  withRun('no status', { status: undefined }),
  withRun('status null', { status: null }),
  withRun('status PROCESSING', { status: 'PROCESSING' }),
  withRun('status FAILED', { status: 'FAILED' }),
  withRun('chunks missing', { chunks: undefined }),
  withRun('chunks null', { chunks: null }),
  withRun('chunks a text', { chunks: 'SECRET' }),
  withRun('chunks an object', { chunks: { 0: CHUNK, content: 'SECRET' } }),
  withRun('a chunk null', { chunks: [CHUNK, null] }),
  withRun('a chunk a text', { chunks: [CHUNK, 'SECRET'] }),
  withRun('a chunk an array', { chunks: [[CHUNK], CHUNK] }),
  withRun('content missing', { chunks: [{ ...CHUNK, content: undefined }, CHUNK] }),
  withRun('content null', { chunks: [CHUNK, { ...CHUNK, content: null }] }),
  withRun('content a number', { chunks: [{ ...CHUNK, content: 7 }] }),
  withRun('content an object', { chunks: [{ ...CHUNK, content: { SECRET: 1 } }] }),
  { title: 'chunks twice', text: inText(runText(), '"chunks":', '"chunks":[],"chunks":') },
  { title: 'chunks twice, once with an escape', text: inText(runText(), '"chunks":', '"\\u0063hunks":[],"chunks":') },
  { title: 'content twice, the last a number', text: inText(runText(), '"blocks":', '"content":7,"blocks":') },
  { title: 'an object without any field of a run', text: '{"success":true}' },
  { title: 'a text', text: '"SECRET"' },
  { title: 'an array', text: `[${runText()}]` },
];
