import { toMarkdown, type DocumentInput } from '../contract';
import { defined } from '../json';
import { documentHash } from '../storage/document-hash';
import { isParseError } from './errors';
import type { ParseClient } from './parse-client';

const DEFAULT_MAX_CHARACTERS = 100_000;

/** Settings of {@link createParseTool}. */
export interface ParseToolOptions {
  /** The client that starts the parses. */
  readonly parsing: ParseClient;
  /**
   * Decides about each URL that the model asks for. There is no default, because a text can talk a model into any URL, and
   * each parse is billed.
   */
  readonly accepts: (fileUrl: URL) => boolean;
  /** Further input of each parse, such as `config` or `deadlineMs`. @default {} */
  readonly input?: Omit<DocumentInput, 'file' | 'result'>;
  /** Largest markdown that the model gets, in characters. The rest is cut off, and the last line says so. @default 100_000 */
  readonly maxCharacters?: number;
}

/** Argument of the tool, as the model gives it. */
export interface ParseToolInput {
  /** URL of the document. */
  readonly fileUrl: string;
}

/** Answer of the tool for the model: the markdown, or the reason why there is none. */
export type ParseToolAnswer = { readonly markdown: string; readonly pageCount?: number } | { readonly error: string };

/** A tool that a model can call. Its members fit the AI SDK, LangChain and the APIs of model vendors. */
export interface ParseTool {
  /** Name of the tool. */
  readonly name: string;
  /** Purpose of the tool, for the model. */
  readonly description: string;
  /** JSON Schema of the argument. */
  readonly parameters: {
    type: 'object';
    properties: { fileUrl: { type: 'string'; description: string } };
    required: string[];
    additionalProperties: false;
  };
  /** Parses a document and waits for the result. Errors of Temporal, and a cancellation, are thrown. */
  readonly execute: (input: ParseToolInput) => Promise<ParseToolAnswer>;
}

/**
 * Creates a tool with which a model parses documents by URL. The same document with the same configuration is parsed once: a second
 * call returns the result of the first one.
 *
 * @throws RangeError if `maxCharacters` is not a whole number of at least 1
 */
export function createParseTool(options: ParseToolOptions): ParseTool {
  const { maxCharacters = DEFAULT_MAX_CHARACTERS } = options;
  if (!Number.isInteger(maxCharacters) || maxCharacters < 1) {
    throw new RangeError(`maxCharacters must be a whole number of at least 1, got ${maxCharacters}`);
  }
  return {
    name: 'parse_document',
    description: 'Reads a document (PDF, Word, Excel, image and more) from its URL and returns its text as markdown.',
    parameters: {
      type: 'object',
      properties: { fileUrl: { type: 'string', description: 'absolute http or https URL of the document' } },
      required: ['fileUrl'],
      additionalProperties: false,
    },
    execute: async ({ fileUrl }) => parseForModel(options, fileUrl, maxCharacters),
  };
}

async function parseForModel(
  { parsing, accepts, input }: ParseToolOptions,
  fileUrl: string,
  maxCharacters: number,
): Promise<ParseToolAnswer> {
  if (!URL.canParse(fileUrl)) return { error: 'fileUrl is not an absolute URL' };
  if (!accepts(new URL(fileUrl))) return { error: 'this URL is not permitted' };
  const document = { ...input, file: { fileUrl } };
  try {
    const result = await parsing.execute(document, { idempotencyKey: `extend-parse-tool-${documentHash(document)}` });
    return { markdown: shorten(toMarkdown(result), maxCharacters), ...defined({ pageCount: result.pageCount }) };
  } catch (error) {
    if (!isParseError(error) || error.type === 'Cancelled') throw error;
    return { error: `${error.type}: ${error.message}` };
  }
}

function shorten(markdown: string, maxCharacters: number): string {
  const rest = markdown.length - maxCharacters;
  return rest <= 0 ? markdown : `${markdown.slice(0, maxCharacters)}\n\n(${rest} further characters are left out)\n`;
}
