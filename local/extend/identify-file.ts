import { extname } from 'node:path';
import { defined } from '../../json';
import { decodeBytes, isTextOfBytes } from './decode-bytes';
import type { DocumentFormat, FailureReason } from './parser-task';
import { readZipDirectory } from './zip-directory';

/** The type of a file. Its content decides it; its name only distinguishes types of text. */
export type FileIdentity =
  /** The emulator parses the file. */
  | { readonly kind: 'parseable'; readonly apiType?: string; readonly format: DocumentFormat }
  /** The API knows the type, but the emulator cannot parse it: the run fails. */
  | { readonly kind: 'failing'; readonly apiType?: string; readonly reason: FailureReason }
  /** The file is unknown or broken: an upload is refused, and a run fails. */
  | { readonly kind: 'unreadable'; readonly reason: FailureReason; readonly message: string };

/** Largest size that a zip file may claim to unpack to, in bytes. A larger one is refused before it is unpacked. */
const MAX_UNPACKED_BYTES = 500_000_000;

/** Number of bytes at the start of a file that distinguish types of text. */
const SAMPLE_BYTES = 65_536;

/** Extensions of formats that are not text. A file with such a name that contains text is broken. */
const BINARY_EXTENSION =
  /^\.(pdf|docx?|dotx|odt|wpd|xlsx?|xl[st]x|xltm|xlsb|ods|pptx?|png|jpe?g|tiff?|gif|bmp|webp|hei[cf]|psd|pcx)$/;

/** Signatures of images that the emulator parses. */
const IMAGES: readonly Signature[] = [
  [0, '\x89PNG'],
  [0, '\xff\xd8\xff'],
  [0, 'GIF8'],
  [0, 'BM'],
  [0, 'II*\0'],
  [0, 'MM\0*'],
  [8, 'WEBP'],
];

/** Signatures of files that Extend parses and the emulator does not, with the names of their types. */
const UNREAD: readonly (readonly [type: string, apiType: string | undefined, signature: Signature])[] = [
  ['HEIC images', 'IMG', [4, 'ftyphei']],
  ['HEIF images', 'IMG', [4, 'ftypmif1']],
  ['Photoshop images', 'IMG', [0, '8BPS']],
  ['PCX images', 'IMG', [0, '\x0a\x05\x01']],
  ['WordPerfect documents', undefined, [0, '\xffWPC']],
];

/** Bytes at a position of a file, as Latin-1 text. */
type Signature = readonly [offset: number, text: string];

/** Identifies the type of a file. `name` need not have an extension. */
export function identifyFile(bytes: Uint8Array, name: string): FileIdentity {
  if (bytes.byteLength === 0) return unreadable('CORRUPT_FILE', 'The file is empty');
  const extension = extname(name).toLowerCase();
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  if (head.includes('%PDF-')) return { kind: 'parseable', apiType: 'PDF', format: 'pdf' };
  if (head.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) return identifyOle(bytes);
  if (head.startsWith('PK')) return identifyZip(bytes, extension);
  const isPixmap = /^\.p[bgnp]m$/.test(extension) && /^P[1-6]\s/.test(head);
  if (isPixmap || (!isTextOfBytes(bytes) && IMAGES.some((signature) => begins(head, signature)))) {
    return { kind: 'parseable', apiType: 'IMG', format: 'image' };
  }
  const [type, apiType] = UNREAD.find(([, , signature]) => begins(head, signature)) ?? [];
  if (type !== undefined) return unread(type, apiType);
  const text = decodeBytes(bytes.subarray(0, SAMPLE_BYTES));
  return text === undefined ? unknownBinary(extension) : identifyText(text, extension);
}

function begins(head: string, [offset, text]: Signature): boolean {
  return head.startsWith(text, offset);
}

/** Identifies an OLE file, the container of encrypted Office files and of old ones. */
function identifyOle(bytes: Uint8Array): FileIdentity {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const has = (stream: string): boolean => view.includes(Buffer.from(stream, 'utf16le'));
  if (has('EncryptedPackage')) return { kind: 'failing', apiType: 'DOCX', reason: 'PASSWORD_PROTECTED_FILE' };
  if (has('Workbook')) return { kind: 'parseable', apiType: 'EXCEL', format: 'spreadsheet' };
  if (has('PowerPoint Document')) return unread('slides in the format of PowerPoint 97 (.ppt)', undefined);
  return unread('documents in the format of Word 97 (.doc)', 'DOCX');
}

function identifyZip(bytes: Uint8Array, extension: string): FileIdentity {
  const entries = readZipDirectory(bytes);
  if (entries === undefined)
    return unreadable('CORRUPT_FILE', 'The file begins as a zip file does but is not complete');
  if (entries.reduce((sum, entry) => sum + entry.uncompressedBytes, 0) > MAX_UNPACKED_BYTES) {
    return unreadable('FILE_SIZE_TOO_LARGE', `The file unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
  }
  const names = new Set(entries.map((entry) => entry.name));
  if (names.has('word/document.xml')) return { kind: 'parseable', apiType: 'DOCX', format: 'docx' };
  if (names.has('xl/workbook.xml') || names.has('xl/workbook.bin')) {
    return { kind: 'parseable', apiType: 'EXCEL', format: 'spreadsheet' };
  }
  // The first entry of an ODF file names the type, uncompressed.
  const odf = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  if (odf.includes('opendocument.spreadsheet')) return { kind: 'parseable', apiType: 'EXCEL', format: 'spreadsheet' };
  if (odf.includes('opendocument.text')) return { kind: 'parseable', format: 'odt' };
  if (odf.includes('opendocument.presentation')) return { kind: 'parseable', format: 'odp' };
  if (names.has('ppt/presentation.xml')) return { kind: 'parseable', format: 'pptx' };
  return unknownBinary(extension);
}

function identifyText(text: string, extension: string): FileIdentity {
  const start = text.slice(0, 4096).trimStart().toLowerCase();
  if (BINARY_EXTENSION.test(extension)) {
    return unreadable('CORRUPT_FILE', `The file is named ${extension} but contains text`);
  }
  if (start.startsWith('{\\rtf')) return { kind: 'parseable', apiType: 'TXT', format: 'rtf' };
  const markup = /^(?:\ufeff|<\?xml[^>]*>|<!--[^]*?-->|\s)*<(!doctype html|html|svg|[a-z!])/.exec(start)?.[1];
  if (markup === 'svg') return unread('SVG images', 'IMG');
  if (isHtml(markup, extension)) return { kind: 'parseable', apiType: 'HTML', format: 'html' };
  if (extension === '.eml' || isMail(start)) return { kind: 'parseable', apiType: 'TXT', format: 'eml' };
  const isXml = start.startsWith('<?xml') || (extension === '.xml' && markup !== undefined);
  if (isXml) return { kind: 'parseable', apiType: 'XML', format: 'text' };
  if (/^\.[ct]sv$/.test(extension)) return { kind: 'parseable', apiType: 'CSV', format: 'csv' };
  return { kind: 'parseable', apiType: 'TXT', format: 'text' };
}

/** Tells by the first tag of a text if it is HTML. */
function isHtml(markup: string | undefined, extension: string): boolean {
  return markup === '!doctype html' || markup === 'html' || (/^\.x?html?$/.test(extension) && markup !== undefined);
}

/** Tells if a text in lower case begins with the header of an email. */
function isMail(start: string): boolean {
  return /^(?:[\w-]+:.*\r?\n(?:[ \t].*\r?\n)*)*mime-version:/.test(start);
}

function unread(type: string, apiType: string | undefined): FileIdentity {
  const reason = `FILE_TYPE_NOT_SUPPORTED: the emulator does not read ${type}, Extend itself does` as const;
  return { kind: 'failing', ...defined({ apiType }), reason };
}

function unknownBinary(extension: string): FileIdentity {
  return BINARY_EXTENSION.test(extension)
    ? unreadable('CORRUPT_FILE', `The file is named ${extension} but is not of this type`)
    : unreadable('FILE_TYPE_NOT_SUPPORTED', 'The type of the file is not supported');
}

function unreadable(reason: FailureReason, message: string): FileIdentity {
  return { kind: 'unreadable', reason, message };
}
