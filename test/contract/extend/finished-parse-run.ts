import type { Extend } from 'extend-ai';

const page = { number: 1, width: 1275, height: 1650 };
const block = (type: string, content: string, details: Extend.BlockDetails, more: object = {}): Extend.Block => ({
  object: 'block',
  id: `block_${type}`,
  type,
  content,
  details,
  metadata: { page, minOcrConfidence: 0.9, avgOcrConfidence: null },
  polygon: [
    { x: 1, y: 2 },
    { x: 3, y: 2 },
    { x: 3, y: 4 },
    { x: 1, y: 4 },
  ],
  boundingBox: { left: 1, right: 3, top: 2, bottom: 4 },
  ...more,
});

/** Types of blocks without details of their own. The last one is a type that the vendor may add later. */
const PLAIN_TYPES = ['heading', 'section_heading', 'page_number', 'header', 'footer', 'watermark'];

const OUTPUT: Extend.ParseRunOutput & { readonly metadata: object } = {
  chunks: [
    {
      object: 'chunk',
      type: 'page',
      content: 'Größe € 😀 "quoted"\n',
      metadata: { pageRange: { start: 1, end: 1 }, minOcrConfidence: null, avgOcrConfidence: 0.98 },
      blocks: [
        ...PLAIN_TYPES.map((type) => block(type, `# ${type}`, {})),
        block('text', 'Text', { type: 'text_details' }),
        block('table', '| a |', { type: 'table_details', rowCount: 1, columnCount: 1 }, { children: [] }),
        block('table_head', 'a', { type: 'table_cell_details', rowIndex: 0, columnIndex: 0 }, { parentBlockId: 'b' }),
        block('key_value', 'Name: Ada', {}),
        block('barcode', '4006381333931', {}),
        block('formula', 'a^2', {}),
        block('table_cell', 'A1', {}, { metadata: { sheet: { index: 0, name: 'Sheet 1' } } }),
      ],
    },
    {
      object: 'chunk',
      type: 'slide',
      content: '',
      metadata: { pageRange: { start: 2, end: 3 } },
      blocks: [],
    },
  ],
  ocr: {
    words: [
      { content: 'Größe', boundingBox: { left: 1, right: 2, top: 1, bottom: 2 }, confidence: 0.97, pageNumber: 1 },
    ],
  },
  metadata: {
    originalMimeType: 'image/png',
    finalMimeType: 'application/pdf',
    pages: [{ number: 1, rotationApplied: 0, originalWidth: 612, originalHeight: 792, dpi: 150 }],
  },
};

/**
 * Body of `GET /parse_runs/{id}` of a finished run of version 2026-02-09, with everything that the vendor's types and the
 * contract document.
 */
export const FINISHED_PARSE_RUN = {
  object: 'parse_run',
  id: 'pr_xK9mLPqRtN3vS8wF5hB2cQ',
  batchId: null,
  file: {
    object: 'file',
    id: 'file_Zk9mNP12Qw4yTv8BdR3H',
    name: 'statement.png',
    type: null,
    parentFileId: null,
    metadata: {},
    createdAt: '2026-11-27T12:00:00Z',
    updatedAt: '2026-11-27T12:00:00Z',
  },
  status: 'PROCESSED',
  failureReason: null,
  failureMessage: null,
  metadata: { order: 7, 'extend:usage_tags': ['team-a'] },
  output: OUTPUT,
  outputUrl: null,
  metrics: { processingTimeMs: 4210, pageCount: 3 },
  config: { target: 'markdown', engineVersion: '1.0.0' },
  usage: {
    credits: 2,
    totalCredits: 2.5,
    breakdown: [
      {
        object: 'parse_run',
        id: 'pr_xK9mLPqRtN3vS8wF5hB2cQ',
        credits: 2,
        charges: [{ product: 'parse', unit: 'page', quantity: 3, credits: 2, pages: [1, 2, 3] }],
      },
    ],
  },
} satisfies Extend.ParseRun;
