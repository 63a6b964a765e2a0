const page = { number: 1, width: 612, height: 792 };
const box = { left: 56.87, right: 162.24, top: 35.22, bottom: 52.16 };
const polygon = [
  { x: 56.87, y: 35.22 },
  { x: 162.24, y: 35.22 },
  { x: 162.24, y: 52.16 },
  { x: 56.87, y: 52.16 },
];
const block = (type: string, content: string, details: object) => ({
  object: 'block',
  id: `block_${type}`,
  type,
  content,
  details,
  metadata: { page },
  polygon,
  boundingBox: box,
});

/** Body of `GET /parser_runs/{id}` of a finished run, with everything that the contract documents. */
export const FINISHED_RUN = {
  success: true,
  parserRun: {
    object: 'parser_run',
    id: 'parser_run_xK9mLPqRtN3vS8wF5hB2cQ',
    fileId: 'file_Zk9mNP12Qw4yTv8BdR3H',
    status: 'PROCESSED',
    chunks: [
      {
        object: 'chunk',
        type: 'page',
        content:
          '# Statement\n\nOpening balance carried forward.\n\n| Date | Amount |\n| --- | --- |\n| 2025-11-01 | 42.00 |\n',
        metadata: { pageRange: { start: 1, end: 1 } },
        blocks: [
          block('heading', '# Statement', {}),
          block('text', 'Opening balance carried forward.', {}),
          block('table', '| Date | Amount |\n| --- | --- |\n| 2025-11-01 | 42.00 |', {
            type: 'table_details',
            rowCount: 2,
            columnCount: 2,
          }),
          block('figure', 'Bar chart of monthly totals.', {
            type: 'figure_details',
            imageUrl: 'https://files.example.com/figures/1.png?sig=abc',
            figureType: 'chart',
          }),
        ],
      },
    ],
    metrics: { processingTimeMs: 4210, pageCount: 1 },
    config: { target: 'markdown', chunkingStrategy: { type: 'page' }, advancedOptions: { pageRotationEnabled: true } },
    usage: { credits: 2 },
  },
};
