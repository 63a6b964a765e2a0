import { makePdf, type MadePage, type MadeText } from '../local/extend/made-pdf';

const LEFT = 72;
const RIGHT = 540;
const LINE_HEIGHT = 15;
/** Size of two headings, because the library takes a size that a document has only once for that of a text. */
const TITLE_SIZE = 22;

/** Lines of a paragraph below each other. */
function paragraph(y: number, ...lines: readonly string[]): MadeText[] {
  return lines.map((text, at) => ({ text, x: LEFT, y: y + at * LINE_HEIGHT }));
}

const ROW_HEIGHT = 22;
const TABLE_TOP = 330;
/** Left edges of the columns, and the right edge of the last one. */
const COLUMNS = [LEFT, 240, 320, 430, RIGHT];
const ROWS = [
  ['Item', 'Quantity', 'Unit price', 'Amount'],
  ['Chart paper, A1', '20 sheets', '1.80', '36.00'],
  ['Signal flags, set of 40', '1 set', '129.00', '129.00'],
  ['Mooring line, 12 mm', '60 m', '2.15', '129.00'],
  ['Delivery to the pier', '1', '18.50', '18.50'],
  ['Total', '', '', '312.50'],
];

function table(): Pick<Required<MadePage>, 'texts' | 'rules'> {
  const bottom = TABLE_TOP + ROWS.length * ROW_HEIGHT;
  const texts = ROWS.flatMap((row, at) =>
    row.flatMap((text, column) => {
      const y = TABLE_TOP + at * ROW_HEIGHT + 15;
      const font = at === 0 || at === ROWS.length - 1 ? 'Helvetica-Bold' : 'Helvetica';
      return text === '' ? [] : [{ text, x: (COLUMNS[column] ?? LEFT) + 6, y, font } as const];
    }),
  );
  const across = Array.from({ length: ROWS.length + 1 }, (_, at) => TABLE_TOP + at * ROW_HEIGHT);
  const rules = [
    ...across.map((y) => [LEFT, y, RIGHT, y] as const),
    ...COLUMNS.map((x) => [x, TABLE_TOP, x, bottom] as const),
  ];
  return { texts, rules };
}

/** The document that the command parses if none is named: one page with headings, paragraphs and a table. */
export function makeSampleInvoice(): Uint8Array {
  const { texts, rules } = table();
  return makePdf([
    {
      texts: [
        { text: 'Invoice 2026-118', x: LEFT, y: 90, size: TITLE_SIZE, font: 'Helvetica-Bold' },
        ...paragraph(124, 'Harbour Supplies, 4 Pier Road, Port Ellis', 'Invoice date: 20 November 2026'),
        { text: 'Bill to', x: LEFT, y: 184, size: 15, font: 'Helvetica-Bold' },
        ...paragraph(208, 'Lighthouse Cafe, 1 Beacon Street, Port Ellis', 'Your order: 7731'),
        { text: 'Items', x: LEFT, y: 268, size: 15, font: 'Helvetica-Bold' },
        ...paragraph(292, 'We delivered these items on 18 November 2026. All prices are in euros,', 'without tax.'),
        ...texts,
        { text: 'Payment', x: LEFT, y: 505, size: TITLE_SIZE, font: 'Helvetica-Bold' },
        ...paragraph(
          530,
          'Please pay 312.50 euros by 4 December 2026 to the account DE00 1234 5678 9012 3456 00.',
          'Name the number of the invoice in your payment. Thank you for your order.',
        ),
      ],
      rules,
    },
  ]);
}
