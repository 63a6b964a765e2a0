import type { CellValue, Sheet } from 'hucre';
import type { ParseConfig } from '../../../contract/extend/parse-api';
import { ParsingFailure } from './parsing-failure';
import { loadLibrary } from './load-library';
import { columnCountOf, headingBlock, type ParsedPage } from './parsed-document';
import { pictureFigure } from './picture-figure';

/** Text of a date that is out of range, as spreadsheet programs show it. The library does not keep the number of the cell. */
const NO_DATE = '########';

type FormatValue = (value: CellValue, format: string) => string;

/**
 * Parses a workbook: each sheet is a page with the sheet's name, one table of formatted values, and its pictures. Empty rows at the
 * end are left out. A formula whose value the workbook does not contain is shown as the formula, because nothing
 * calculates here. The configuration can leave out hidden content and ask for values without their formats.
 *
 * @throws ParsingFailure for a protected or broken file, and if the library is missing.
 */
export async function parseSpreadsheet(bytes: Uint8Array, { advancedOptions }: ParseConfig): Promise<ParsedPage[]> {
  const library = await loadLibrary({ name: 'hucre', format: 'spreadsheets', load: () => import('hucre') });
  const { read, formatValue, EncryptedFileError } = library;
  const workbook = await read(bytes, { readStyles: true }).catch((error: unknown) => {
    throw new ParsingFailure(error instanceof EncryptedFileError ? 'PASSWORD_PROTECTED_FILE' : 'CORRUPT_FILE', error);
  });
  const { excelSkipHiddenContent, excelUseRawCellValues } = advancedOptions ?? {};
  const sheets =
    excelSkipHiddenContent === true ? workbook.sheets.filter(isVisible).map(withoutHidden) : workbook.sheets;
  const format: FormatValue = excelUseRawCellValues === true ? cellText : formatValue;
  return sheets.map((sheet) => toPage(sheet, format));
}

/**
 * Parses delimited text into one table. The text decides the delimiter.
 *
 * @throws ParsingFailure if the library is missing.
 */
export async function parseDelimited(text: string): Promise<ParsedPage[]> {
  const { parseCsv } = await loadLibrary({ name: 'hucre', format: 'CSV', load: () => import('hucre') });
  const rows = withoutEmptyEnd(parseCsv(text).map((row) => row.map((value) => cellText(value))));
  return [{ blocks: rows.length === 0 ? [] : [{ type: 'table', rows }] }];
}

function toPage(sheet: Sheet, formatValue: FormatValue): ParsedPage {
  const rows = sheet.rows.map((row, rowAt) =>
    row.map((value, columnAt) => {
      const cell = sheet.cells?.get(`${rowAt},${columnAt}`);
      if (value === null && cell?.formula !== undefined) return `=${cell.formula}`;
      const format = cell?.style?.numFmt;
      return format === undefined || value === null || isNoDate(value) ? cellText(value) : formatValue(value, format);
    }),
  );
  const filled = withoutEmptyEnd(rows);
  const table = filled.length === 0 ? [] : [{ type: 'table' as const, rows: filled }];
  const figures = (sheet.images ?? []).map(({ data, altText }) => pictureFigure(data, altText));
  return { blocks: [headingBlock(2, sheet.name), ...table, ...figures] };
}

function isVisible({ hidden, veryHidden }: Sheet): boolean {
  return hidden !== true && veryHidden !== true;
}

/** Returns a sheet whose hidden rows and columns are gone. */
function withoutHidden(sheet: Sheet): Sheet {
  const rows: CellValue[][] = [];
  const cells: NonNullable<Sheet['cells']> = new Map();
  sheet.rows.forEach((row, rowAt) => {
    if (sheet.rowDefs?.get(rowAt)?.hidden === true) return;
    const shown: CellValue[] = [];
    row.forEach((value, columnAt) => {
      if (sheet.columns?.[columnAt]?.hidden === true) return;
      const cell = sheet.cells?.get(`${rowAt},${columnAt}`);
      if (cell !== undefined) cells.set(`${rows.length},${shown.length}`, cell);
      shown.push(value);
    });
    rows.push(shown);
  });
  return { ...sheet, rows, cells };
}

function cellText(value: CellValue): string {
  if (value === null) return '';
  if (isNoDate(value)) return NO_DATE;
  if (value instanceof Date) return value.toISOString().replace('T00:00:00.000Z', '');
  return String(value).trim();
}

function isNoDate(value: CellValue): boolean {
  return value instanceof Date && Number.isNaN(value.getTime());
}

function withoutEmptyEnd(rows: readonly string[][]): string[][] {
  const last = rows.findLastIndex((row) => row.some((text) => text !== ''));
  const width = columnCountOf(rows);
  return rows.slice(0, last + 1).map((row) => Array.from({ length: width }, (_, column) => row[column] ?? ''));
}
