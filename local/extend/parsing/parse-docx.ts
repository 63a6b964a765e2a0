import { loadLibrary } from './load-library';
import { parseHtml } from './parse-html';
import type { ParsedPage } from './parsed-document';
import { ParsingFailure } from './parsing-failure';
import { repackZip, unpackEntries } from './repack-zip';

const DOCUMENT = 'word/document.xml';
const HEADER = /^word\/header\d*\.xml$/;
const FOOTER = /^word\/footer\d*\.xml$/;

/** A formula with all its parts, and the elements around formulas that stand alone. */
const FORMULA = /<m:oMath(?:\s[^>]*)?>([^]*?)<\/m:oMath>/g;
const FORMULA_PARAGRAPH = /<m:oMathParaPr>[^]*?<\/m:oMathParaPr>|<\/?m:oMathPara(?:\s[^>]*)?>/g;
const FORMULA_TEXT = /<m:t(?:\s[^>]*)?>([^<]*)<\/m:t>/g;

/** A paragraph of a part of the document, and the texts and tabs in it. */
const PARAGRAPH = /<w:p(?:\s[^>]*)?>([^]*?)<\/w:p>/g;
const RUN_TEXT = /<w:t(?:\s[^>]*)?>([^<]*)<\/w:t>|<w:tab\/>/g;

/**
 * Converts a Word file to HTML and parses that. The headers are at the beginning and the footers at
 * the end, each once. Formulas are plain text without their structure. A page ends at a hard page break only, because the
 * file does not contain the others.
 *
 * @throws ParsingFailure for a broken file, and if a library is missing.
 */
export async function parseDocx(bytes: Uint8Array): Promise<ParsedPage[]> {
  const { default: mammoth } = await loadLibrary({ name: 'mammoth', format: 'DOCX', load: () => import('mammoth') });
  const whole = repackZip(bytes, withReadableFormulas(bytes));
  const pictures = new Map<string, Uint8Array>();
  const options = {
    styleMap: [
      "br[type='page'] => hr.pagebreak",
      "p[style-name='Title'] => h1:fresh",
      "p[style-name='Subtitle'] => h2:fresh",
    ],
    convertImage: mammoth.images.imgElement(async (image) => {
      const src = `picture:${pictures.size}`;
      pictures.set(src, new Uint8Array(await image.readAsArrayBuffer()));
      return { src };
    }),
  };
  const { value } = await mammoth.convertToHtml({ buffer: asBuffer(whole) }, options).catch((error: unknown) => {
    throw new ParsingFailure('CORRUPT_FILE', error);
  });
  return parseHtml(`${partsAsHtml(whole, HEADER)}${value}${partsAsHtml(whole, FOOTER)}`, { format: 'DOCX', pictures });
}

/** Returns a view of the same bytes. They are not copied, because an unpacked file may be large. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Turns formulas into runs of text, because the library leaves out what it does not know. */
function withReadableFormulas(bytes: Uint8Array): Map<string, Uint8Array> {
  const document = unpackEntries(bytes, new RegExp(`^${DOCUMENT}$`)).get(DOCUMENT);
  if (document === undefined || !asBuffer(document).includes('<m:oMath')) return new Map();
  const xml = asBuffer(document)
    .toString('utf8')
    .replaceAll(FORMULA_PARAGRAPH, '')
    .replaceAll(FORMULA, (_, formula: string) => {
      const text = [...formula.matchAll(FORMULA_TEXT)].map(([, part]) => part).join('');
      return `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;
    });
  return new Map([[DOCUMENT, new Uint8Array(Buffer.from(xml))]]);
}

/** Returns the paragraphs of headers or footers as HTML. The texts of XML are texts of HTML as they are. */
function partsAsHtml(bytes: Uint8Array, name: RegExp): string {
  const paragraphs = [...unpackEntries(bytes, name).values()].flatMap((part) =>
    [...asBuffer(part).toString('utf8').matchAll(PARAGRAPH)].map(([, content = '']) =>
      [...content.matchAll(RUN_TEXT)].map(([, text]) => text ?? ' ').join(''),
    ),
  );
  const filled = new Set(paragraphs.filter((text) => text.trim() !== ''));
  return [...filled].map((text) => `<p>${text}</p>`).join('');
}
