import { decodeUnicode, isText } from '../decode-bytes';
import { loadLibrary } from './load-library';
import { ParsingFailure } from './parsing-failure';

/** Number of bytes at the start of a file in which it may name its encoding. */
const DECLARATION_BYTES = 4096;
/** Number of bytes by which the encoding of a text is guessed. */
const SAMPLE_BYTES = 262_144;
/** Characters that show that a text is read in a wrong encoding. */
const GARBLED = /[\u0080-\u009f\ufffd\ue000-\uf8ff]/;
/** The encoding that HTML or XML names. */
const DECLARED = /<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)|^\s*<\?xml[^>]+encoding\s*=\s*["']([\w-]+)/i;

/**
 * Decodes a text file: as Unicode if it is that, else by the encoding that it names, else by a guess.
 *
 * @throws ParsingFailure if the bytes are no text, and if a library is missing.
 */
export async function decodeText(bytes: Uint8Array): Promise<string> {
  if (!isText(bytes)) throw new ParsingFailure('CORRUPT_FILE');
  const unicode = decodeUnicode(bytes);
  if (unicode !== undefined) return unicode;
  const head = Buffer.from(bytes.subarray(0, DECLARATION_BYTES)).toString('latin1');
  const [, html, xml] = DECLARED.exec(head) ?? [];
  const decoder = toDecoder(html ?? xml) ?? toDecoder(await guessEncoding(bytes)) ?? new TextDecoder('windows-1252');
  return decoder.decode(bytes);
}

function toDecoder(encoding: string | undefined): TextDecoder | undefined {
  if (encoding === undefined) return undefined;
  try {
    return new TextDecoder(encoding);
  } catch {
    return undefined;
  }
}

/** Guesses an encoding, the most likely one in which the bytes are text without control characters. */
async function guessEncoding(bytes: Uint8Array): Promise<string | undefined> {
  const load = () => import('chardet');
  const { analyse } = await loadLibrary({ name: 'chardet', format: 'text that is not UTF-8', load });
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  return analyse(sample)
    .map(({ name }) => name)
    .find((name) => {
      const text = toDecoder(name)?.decode(sample, { stream: true });
      return text !== undefined && !GARBLED.test(text);
    });
}
