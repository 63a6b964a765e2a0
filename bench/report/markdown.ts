import type { Claim, Table } from './benchmark';

/** A table as markdown. */
export function tableToMarkdown({ title, columns, rows }: Table): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, index) => (index === 0 ? '---' : '---:'));
  return [`**${title}**`, '', line(columns), line(rule), ...rows.map(line)].join('\n');
}

/** A claim as a line of a markdown list. */
export function claimToMarkdown({ sentence, holds, measured }: Claim): string {
  return `- ${holds ? 'holds' : '**DOES NOT HOLD**'}: ${sentence} Measured: ${measured}.`;
}
