import type { Address, Attachment } from 'postal-mime';
import { loadLibrary } from './load-library';
import { parseHtml } from './parse-html';
import { parseText } from './parse-text';
import { headingBlock, type ParsedBlock, type ParsedPage } from './parsed-document';
import { ParsingFailure } from './parsing-failure';
import { pictureFigure } from './picture-figure';

/**
 * Parses an email: its subject, sender, receivers and date, its text, and the names of its attachments. Pictures
 * are figures, other attachments are not parsed. Of a message in two forms, the HTML form is parsed.
 *
 * @throws ParsingFailure for a broken message, and if a library is missing.
 */
export async function parseEml(bytes: Uint8Array): Promise<ParsedPage[]> {
  const load = () => import('postal-mime');
  const { default: PostalMime } = await loadLibrary({ name: 'postal-mime', format: 'EML', load });
  const mail = await PostalMime.parse(bytes).catch((error: unknown) => {
    throw new ParsingFailure('CORRUPT_FILE', error);
  });
  const fields: [string, string | undefined][] = [
    ['From', addresses(mail.from === undefined ? [] : [mail.from])],
    ['To', addresses(mail.to)],
    ['Cc', addresses(mail.cc)],
    ['Date', mail.date],
  ];
  const head = fields.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`**${name}:** ${value}`],
  );
  const names = mail.attachments.map(({ filename, mimeType }) => `- ${filename ?? mimeType}`);
  const images = mail.attachments.filter(({ mimeType }) => mimeType.startsWith('image/'));
  const pictures = new Map(images.map((file) => [addressOf(file), bytesOf(file)]));
  const apart = images.filter((file) => file.contentId === undefined || mail.html?.includes(addressOf(file)) !== true);
  const [first = { blocks: [] }, ...others] =
    mail.html === undefined ? parseText(mail.text ?? '') : await parseHtml(mail.html, { format: 'EML', pictures });
  const before: ParsedBlock[] = mail.subject === undefined ? [] : [headingBlock(1, mail.subject)];
  if (head.length > 0) before.push({ type: 'text', content: head.join('\n') });
  const attached: ParsedBlock[] =
    names.length === 0 ? [] : [{ type: 'text', content: `Attachments:\n\n${names.join('\n')}` }];
  attached.push(...apart.map((file) => pictureFigure(bytesOf(file), file.filename ?? '')));
  const pages = [{ blocks: [...before, ...first.blocks] }, ...others];
  return pages.map((page, at) => (at === pages.length - 1 ? { blocks: [...page.blocks, ...attached] } : page));
}

/** Returns the address by which the HTML of the mail names an attachment. */
function addressOf({ contentId = '' }: Attachment): string {
  return `cid:${contentId.replace(/^<|>$/g, '')}`;
}

function bytesOf({ content }: Attachment): Uint8Array {
  return new Uint8Array(typeof content === 'string' ? Buffer.from(content) : content);
}

function addresses(all: readonly Address[] = []): string {
  return all
    .map(({ name, address }) => (name === '' || name === undefined ? (address ?? '') : `${name} <${address}>`))
    .join(', ');
}
