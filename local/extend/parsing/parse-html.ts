import { createRequire } from 'node:module';
import type { Plugin } from 'turndown';
import { checkNesting } from './check-nesting';
import { tableRows } from './html-tables';
import { loadLibrary } from './load-library';
import { headingBlock, type ParsedBlock, type ParsedPage } from './parsed-document';

const SKIPPED = /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE|HEAD|IFRAME|SVG|OBJECT|CANVAS)$/i;
const HEADING = /^H([1-6])$/;
const ONE_BLOCK = /^(P|UL|OL|DL|PRE|BLOCKQUOTE|ADDRESS|FIGURE)$/;
const CONTAINER = /^(HTML|BODY|DIV|SECTION|ARTICLE|MAIN|HEADER|FOOTER|NAV|ASIDE|FORM|FIELDSET|CENTER|DETAILS)$/;
/** Class of an `<hr>` that begins a new page. Page breaks of other formats are converted to it. */
const PAGE_BREAK = 'pagebreak';

/** Converts nodes to markdown. */
type ToMarkdown = (nodes: readonly Node[]) => string;

/**
 * Parses HTML into blocks of markdown, one page unless it has `<hr class="pagebreak">`.
 *
 * @throws ParsingFailure if elements are nested too deeply, and if a library is missing.
 */
export async function parseHtml(html: string, format = 'HTML'): Promise<ParsedPage[]> {
  checkNesting(html);
  const { default: TurndownService } = await loadLibrary({ name: 'turndown', format, load: () => import('turndown') });
  const { gfm } = await loadLibrary({ name: '@joplin/turndown-plugin-gfm', format, load: loadPlugin });
  const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-' });
  service.use(gfm);
  const document = createDocument(html);
  const toMarkdown: ToMarkdown = (nodes) => {
    // The service converts the children of a node, so the nodes get a parent.
    const parent = document.createElement('div');
    for (const node of nodes) parent.appendChild(node.cloneNode(true));
    return service.turndown(parent).trim();
  };
  const pages: ParsedBlock[][] = [[]];
  collectBlocks(document.body, { pages, toMarkdown, loose: [] });
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
  const document = domino.createDocument(html);
  for (const image of Array.from(document.getElementsByTagName('img'))) {
    if (image.getAttribute('src')?.startsWith('data:') === true) image.removeAttribute('src');
  }
  return document;
}

interface Collector {
  readonly pages: ParsedBlock[][];
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
    else addBlock(node as Element, name, collector);
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

function flushLoose({ pages, toMarkdown, loose }: Collector): void {
  const content = toMarkdown(loose.splice(0));
  if (content !== '') pages.at(-1)?.push({ type: 'text', content });
}

function toOneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
