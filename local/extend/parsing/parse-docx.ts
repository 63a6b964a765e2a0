import { ParsingFailure } from './parsing-failure';
import { loadLibrary } from './load-library';
import { parseHtml } from './parse-html';
import type { ParsedPage } from './parsed-document';

/**
 * Parses a Word file by way of HTML, without its images. A page ends at a hard page break only: the file does not say
 * where the others are.
 *
 * @throws ParsingFailure for a broken file, and where a library is missing.
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

/** The same bytes, not copied: an unpacked file may be large. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
