import { columnCountOf } from './parsed-document';

/** Renders a table as markdown. Its first row is the header. */
export function renderMarkdownTable(rows: readonly (readonly string[])[]): string {
  const width = columnCountOf(rows);
  const lines = rows.map((row) => line(Array.from({ length: width }, (_, at) => escapeCell(row[at] ?? ''))));
  lines.splice(1, 0, line(Array.from({ length: width }, () => '---')));
  return lines.join('\n');
}

/** Renders a table as HTML. Its first row is the header. */
export function renderHtmlTable(rows: readonly (readonly string[])[]): string {
  const render = (row: readonly string[], tag: string): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const lines = rows.map((row, at) => render(row, at === 0 ? 'th' : 'td'));
  return ['<table>', ...lines, '</table>'].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, '<br>');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
