import { createRequire } from 'node:module';
import type { Plugin } from 'turndown';
import { checkNesting } from './check-nesting';
import { tableRows } from './html-tables';
import { loadLibrary } from './load-library';
import { headingBlock, type FigureBlock, type ParsedBlock, type ParsedPage } from './parsed-document';
import { pictureFigure } from './picture-figure';

const SKIPPED = /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE|HEAD|IFRAME|SVG|OBJECT|CANVAS)$/i;
const HEADING = /^H([1-6])$/;
const ONE_BLOCK = /^(P|UL|OL|DL|PRE|BLOCKQUOTE|ADDRESS|FIGURE)$/;
const CONTAINER = /^(HTML|BODY|DIV|SECTION|ARTICLE|MAIN|HEADER|FOOTER|NAV|ASIDE|FORM|FIELDSET|CENTER|DETAILS)$/;
/** Class of an `<hr>` that begins a new page. Page breaks of other formats are converted to it. */
const PAGE_BREAK = 'pagebreak';

/** A picture in the address of an image. */
const DATA_URL = /^data:image\/[\w.+-]+;base64,(.*)$/s;

/** Converts nodes to markdown. */
type ToMarkdown = (nodes: readonly Node[]) => string;

/** Settings of {@link parseHtml}. */
export interface HtmlOptions {
  /** Format of the document, for messages. @default 'HTML' */
  readonly format?: string;
  /** Pictures of the document, by the address that its images have. @default none */
  readonly pictures?: ReadonlyMap<string, Uint8Array>;
}

/**
 * Parses HTML into blocks of markdown, one page unless it has `<hr class="pagebreak">`. A picture that the document
 * contains is a figure behind the block that it is in. Other images stay links.
 *
 * @throws ParsingFailure if elements are nested too deeply, and if a library is missing.
 */
export async function parseHtml(html: string, options: HtmlOptions = {}): Promise<ParsedPage[]> {
  const { format = 'HTML', pictures = new Map<string, Uint8Array>() } = options;
  checkNesting(html);
  const { default: TurndownService } = await loadLibrary({ name: 'turndown', format, load: () => import('turndown') });
  const { gfm } = await loadLibrary({ name: '@joplin/turndown-plugin-gfm', format, load: loadPlugin });
  const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-' });
  service.use(gfm);
  const document = createDocument(html);
  const figures = takeFigures(document, pictures);
  const toMarkdown: ToMarkdown = (nodes) => {
    // The service converts the children of a node, so the nodes get a parent.
    const parent = document.createElement('div');
    for (const node of nodes) parent.appendChild(node.cloneNode(true));
    return service.turndown(parent).trim();
  };
  const pages: ParsedBlock[][] = [[]];
  collectBlocks(document.body, { pages, figures, toMarkdown, loose: [] });
  return pages.map((blocks) => ({ blocks }));
}

/** Loads the plugin with `require`, because it has no types of its own. */
async function loadPlugin(): Promise<{ readonly gfm: Plugin }> {
  return createRequire(__filename)('@joplin/turndown-plugin-gfm') as { readonly gfm: Plugin };
}

/** Parses HTML with the DOM that turndown uses. The DOM is a dependency of turndown, so it is resolved from there. */
function createDocument(html: string): Document {
  const fromTurndown = createRequire(require.resolve('turndown'));
  const domino = fromTurndown('@mixmark-io/domino') as { createDocument(text: string): Document };
  return domino.createDocument(html);
}

/** Takes the pictures out of a document, and returns them by their elements, which remain. */
function takeFigures(document: Document, pictures: ReadonlyMap<string, Uint8Array>): Map<Node, FigureBlock> {
  const figures = new Map<Node, FigureBlock>();
  for (const image of Array.from(document.getElementsByTagName('img'))) {
    const address = image.getAttribute('src') ?? '';
    const data = DATA_URL.exec(address)?.[1];
    const bytes = data === undefined ? pictures.get(address) : new Uint8Array(Buffer.from(data, 'base64'));
    if (bytes !== undefined) figures.set(image, pictureFigure(bytes, image.getAttribute('alt') ?? ''));
    if (bytes !== undefined || address.startsWith('data:')) image.removeAttribute('src');
  }
  return figures;
}

interface Collector {
  readonly pages: ParsedBlock[][];
  /** Pictures, by their elements. */
  readonly figures: ReadonlyMap<Node, FigureBlock>;
  readonly toMarkdown: ToMarkdown;
  /** Inline nodes since the last block. The next block ends them. */
  readonly loose: Node[];
}

function collectBlocks(parent: Node, collector: Collector): void {
  for (const node of Array.from(parent.childNodes)) {
    const name = node.nodeName.toUpperCase();
    if (node.nodeType === 3 || (node.nodeType === 1 && !isBlock(name))) {
      if (!SKIPPED.test(name)) collector.loose.push(node);
      continue;
    }
    if (node.nodeType !== 1) continue;
    flushLoose(collector);
    if (CONTAINER.test(name)) collectBlocks(node, collector);
    else {
      addBlock(node as Element, name, collector);
      addFigures(node, collector);
    }
  }
  flushLoose(collector);
}

function isBlock(name: string): boolean {
  return HEADING.test(name) || ONE_BLOCK.test(name) || CONTAINER.test(name) || name === 'TABLE' || name === 'HR';
}

function addBlock(element: Element, name: string, { pages, toMarkdown }: Collector): void {
  if (name === 'HR') {
    if (element.className === PAGE_BREAK) pages.push([]);
    return;
  }
  if (name === 'TABLE') {
    const cell = (td: Element): string => toOneLine(toMarkdown(Array.from(td.childNodes)));
    const rows = tableRows(element, cell);
    if (rows.some((row) => row.some((text) => text !== ''))) pages.at(-1)?.push({ type: 'table', rows });
    return;
  }
  const level = HEADING.exec(name)?.[1];
  const content = toMarkdown(level === undefined ? [element] : Array.from(element.childNodes));
  if (content === '') return;
  pages.at(-1)?.push(level === undefined ? { type: 'text', content } : headingBlock(Number(level), toOneLine(content)));
}

function flushLoose(collector: Collector): void {
  const { pages, toMarkdown } = collector;
  const loose = collector.loose.splice(0);
  const content = toMarkdown(loose);
  if (content !== '') pages.at(-1)?.push({ type: 'text', content });
  for (const node of loose) addFigures(node, collector);
}

/** Adds the pictures in a node. */
function addFigures(node: Node, { pages, figures }: Collector): void {
  if (figures.size === 0) return;
  const images = node.nodeType === 1 ? Array.from((node as Element).getElementsByTagName('img')) : [];
  for (const element of [node, ...images]) {
    const figure = figures.get(element);
    if (figure !== undefined) pages.at(-1)?.push(figure);
  }
}

function toOneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
