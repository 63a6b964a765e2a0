import type { ImageMetadata, OfficeAttachment, OfficeContentNode, SupportedFileType } from 'officeparser';
import { errorMessage } from '../../../json';
import { loadLibrary } from './load-library';
import { headingBlock, type FigureBlock, type ParsedBlock, type ParsedPage } from './parsed-document';
import { ParsingFailure } from './parsing-failure';
import { pictureFigure } from './picture-figure';

/** Formats of {@link parseOffice}. */
export type OfficeFormat = Extract<SupportedFileType, 'pptx' | 'odt' | 'odp' | 'rtf'>;

/** Nodes that begin a page. */
const PAGE_NODES: ReadonlySet<string> = new Set(['slide', 'page', 'sheet']);

/** A function that returns the picture of a node; `undefined` for a node that is no picture of the document. */
type FindPicture = (node: OfficeContentNode) => FigureBlock | undefined;

/**
 * Parses slides, OpenDocument texts and rich text. Each slide is a page; of the other formats, a page
 * ends at a hard page break only.
 *
 * @throws ParsingFailure for a broken file, and if the library is missing.
 */
export async function parseOffice(bytes: Uint8Array, format: OfficeFormat): Promise<ParsedPage[]> {
  const load = () => import('officeparser');
  const { OfficeParser } = await loadLibrary({ name: 'officeparser', format: format.toUpperCase(), load });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const options = { fileType: format, includeBreakNodes: true, extractAttachments: true, outputErrorToConsole: false };
  const { content, attachments } = await OfficeParser.parseOffice(buffer, options).catch((error: unknown) => {
    // The library loads a part of itself when it first parses.
    if (/cannot find (?:module|package)/i.test(errorMessage(error))) throw error;
    throw new ParsingFailure('CORRUPT_FILE', error);
  });
  const pages: ParsedBlock[][] = [];
  collect(content, pages, (node) => figureOf(node, attachments));
  return (pages.length === 0 ? [[]] : pages).map((blocks) => ({ blocks }));
}

function collect(nodes: readonly OfficeContentNode[], pages: ParsedBlock[][], find: FindPicture): void {
  for (const node of nodes) {
    const { type, children = [] } = node;
    if (PAGE_NODES.has(type)) {
      pages.push([]);
      collect(children, pages, find);
    } else if (isPageBreak(node)) pages.push([]);
    else {
      if (pages.length === 0) pages.push([]);
      const block = find(node) ?? toBlock(node);
      if (block === undefined) collect(children, pages, find);
      else {
        addBlock(block, node, pages);
        pages.at(-1)?.push(...children.flatMap((child) => figuresIn(child, find)));
      }
    }
  }
}

/** Returns the pictures in a node. */
function figuresIn(node: OfficeContentNode, find: FindPicture): FigureBlock[] {
  const figure = find(node);
  if (figure !== undefined) return [figure];
  return (node.children ?? []).flatMap((child) => figuresIn(child, find));
}

function figureOf({ type, metadata }: OfficeContentNode, attachments: readonly OfficeAttachment[]) {
  if (type !== 'image') return undefined;
  const { attachmentName, altText } = (metadata ?? {}) as Partial<ImageMetadata>;
  const attachment = attachments.find(({ name }) => name === attachmentName);
  return attachment && pictureFigure(new Uint8Array(Buffer.from(attachment.data, 'base64')), altText);
}

/** Adds a block to the last page. Items of a list that follow one another are one block. */
function addBlock(block: ParsedBlock, { type }: OfficeContentNode, pages: ParsedBlock[][]): void {
  const page = pages.at(-1);
  const last = page?.at(-1);
  const continues = type === 'list' && last?.type === 'text' && block.type === 'text' && isItem(last.content);
  if (continues) page?.splice(-1, 1, { type: 'text', content: `${last.content}\n${block.content}` });
  else page?.push(block);
}

function isItem(content: string): boolean {
  return /^\s*(?:-|\d+\.) /.test(content.split('\n').at(-1) ?? '');
}

function isPageBreak({ type, metadata }: OfficeContentNode): boolean {
  return type === 'break' && (metadata as { readonly breakType?: string } | undefined)?.breakType === 'page';
}

/** Converts a node that is one block; `undefined` for one that only has other nodes, and for one without text. */
function toBlock(node: OfficeContentNode): ParsedBlock | undefined {
  if (node.type === 'table') {
    const rows = tableRows(node);
    return rows.some((row) => row.some((text) => text !== '')) ? { type: 'table', rows } : undefined;
  }
  const text = textOf(node).trim();
  if (text === '') return undefined;
  if (node.type === 'heading') return headingBlock(levelOf(node), text.replaceAll(/\s+/g, ' '));
  if (node.type === 'list') return { type: 'text', content: listItem(node, text) };
  return ['paragraph', 'text', 'note', 'code', 'comment', 'chart'].includes(node.type)
    ? { type: 'text', content: text }
    : undefined;
}

function textOf({ text, children = [] }: OfficeContentNode): string {
  return text ?? children.map(textOf).join(children.some(({ type }) => type === 'paragraph') ? '\n' : '');
}

function levelOf({ metadata }: OfficeContentNode): number {
  return (metadata as { readonly level?: number } | undefined)?.level ?? 1;
}

function listItem({ metadata }: OfficeContentNode, text: string): string {
  const { listType, indentation = 0 } = (metadata ?? {}) as {
    readonly listType?: string;
    readonly indentation?: number;
  };
  return `${'  '.repeat(Math.min(indentation, 8))}${listType === 'ordered' ? '1.' : '-'} ${text}`;
}

function tableRows({ children = [] }: OfficeContentNode): string[][] {
  return children.map(({ children: cells = [] }) => {
    const row: string[] = [];
    for (const cell of cells) {
      const { col = row.length } = (cell.metadata ?? {}) as { readonly col?: number };
      while (row.length < col) row.push('');
      row.push(
        textOf(cell)
          .trim()
          .replaceAll(/\s*\n\s*/g, ' '),
      );
    }
    return row;
  });
}
