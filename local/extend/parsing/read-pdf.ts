import { readFile } from 'node:fs/promises';
import type {
  LiteParse,
  LiteParseInit,
  PageComplexityStats,
  ParsedPage as LayoutPage,
  ScreenshotResult,
} from '@llamaindex/liteparse-wasm';
import { errorMessage } from '../../../json';
import { loadLibrary } from './load-library';
import { ParsingFailure } from './parsing-failure';

type Library = typeof import('@llamaindex/liteparse-wasm');

let library: Promise<Library> | undefined;

/**
 * Reads the pages of a PDF with the library.
 *
 * @throws ParsingFailure for a protected or broken file, and if the library is missing.
 */
export async function readPages(bytes: Uint8Array, options: LiteParseInit): Promise<LayoutPage[]> {
  const { pages } = await withParser(options, (parser) => parser.parse(bytes));
  return pages;
}

/** Reads facts about pages, such as their pictures. @throws ParsingFailure as {@link readPages} */
export async function readFacts(bytes: Uint8Array, options: LiteParseInit): Promise<PageComplexityStats[]> {
  return withParser(options, (parser) => parser.isComplex(bytes));
}

/** Renders one page. @throws ParsingFailure as {@link readPages} */
export async function renderPage(bytes: Uint8Array, options: LiteParseInit): Promise<ScreenshotResult> {
  const { screenshots } = await withParser({ ...options, extractScreenshots: true }, (parser) => parser.parse(bytes));
  const [page] = screenshots;
  if (page === undefined) throw new ParsingFailure('CORRUPT_FILE');
  return page;
}

/** Options that read these pages only. */
export function only(pages: readonly number[]): LiteParseInit {
  return { targetPages: pages.join(',') };
}

async function withParser<T>(options: LiteParseInit, read: (parser: LiteParse) => Promise<T>): Promise<T> {
  library ??= loadWasm();
  const { LiteParse } = await library;
  const common = { extractBlocks: true, keepHeadersFooters: true, outputFormat: 'markdown', quiet: true } as const;
  // Only with placeholders, the blocks contain the figures.
  const parser = new LiteParse({ ...common, imageMode: 'placeholder', ocrEnabled: false, ...options });
  const result = await read(parser).catch((error: unknown) => {
    // After a trap, the library's memory is in an unknown state. The error ends the process.
    if (error instanceof WebAssembly.RuntimeError) throw error;
    const message = errorMessage(error);
    throw new ParsingFailure(/password/i.test(message) ? 'PASSWORD_PROTECTED_FILE' : 'CORRUPT_FILE', error);
  });
  parser.free();
  return result;
}

async function loadWasm(): Promise<Library> {
  const name = '@llamaindex/liteparse-wasm';
  const loaded = await loadLibrary({ name, format: 'PDF', load: () => import('@llamaindex/liteparse-wasm') });
  const wasm = await readFile(require.resolve('@llamaindex/liteparse-wasm/liteparse_wasm_bg.wasm'));
  await loaded.default({ module_or_path: wasm });
  return loaded;
}
