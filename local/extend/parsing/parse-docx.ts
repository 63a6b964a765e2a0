import { ParsingFailure } from './parsing-failure';
import { loadLibrary } from './load-library';
import { parseHtml } from './parse-html';
import type { ParsedPage } from './parsed-document';

/**
 * Converts a Word file to HTML and parses that, without its images. A page ends at a hard page break only, because the
 * file does not contain the others.
 *
 * @throws ParsingFailure for a broken file, and if a library is missing.
 */
export async function parseDocx(bytes: Uint8Array): Promise<ParsedPage[]> {
  const { default: mammoth } = await loadLibrary({ name: 'mammoth', format: 'DOCX', load: () => import('mammoth') });
  const options = {
    styleMap: ["br[type='page'] => hr.pagebreak"],
    convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
  };
  const { value } = await mammoth.convertToHtml({ buffer: asBuffer(bytes) }, options).catch((error: unknown) => {
    throw new ParsingFailure('CORRUPT_FILE', error);
  });
  return parseHtml(value, 'DOCX');
}

/** Returns a view of the same bytes. They are not copied, because an unpacked file may be large. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
