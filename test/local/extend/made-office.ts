/** A small writer of Office files, so that each test shows the document that it is about. */
import { honestEntry, makeZip } from './zip-bomb';

const A = 'http://schemas.openxmlformats.org/drawingml/2006/main';
const P = 'http://schemas.openxmlformats.org/presentationml/2006/main';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
/** Beginning of the types of relations, and the namespace of their ids. */
export const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
/** The entry `[Content_Types].xml`, as far as readers need it. */
export const CONTENT_TYPES = `<Types xmlns="${PACKAGE}/content-types"/>`;

/** Creates a zip file of texts and bytes. */
export function zipOf(entries: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  return makeZip(Object.entries(entries).map(([name, content]) => honestEntry(name, content)));
}

/** Creates a file of relations: types and targets, by id. */
export function relations(targets: Readonly<Record<string, readonly [type: string, target: string]>>): string {
  const all = Object.entries(targets).map(
    ([id, [type, target]]) => `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"/>`,
  );
  return `<Relationships xmlns="${PACKAGE}/relationships">${all.join('')}</Relationships>`;
}

/** Returns the reference to a picture of a document, with its alternative text. */
export function pictureReference(relation: string, text: string, prefix: 'p' | 'pic' | 'xdr' = 'pic'): string {
  return `<${prefix}:pic><${prefix}:nvPicPr><${prefix}:cNvPr id="7" name="a" descr="${text}"/>
    <${prefix}:cNvPicPr/>${prefix === 'p' ? '<p:nvPr/>' : ''}</${prefix}:nvPicPr>
    <${prefix}:blipFill><a:blip r:embed="${relation}"/></${prefix}:blipFill><${prefix}:spPr/></${prefix}:pic>`;
}

/** One slide of a made deck. */
export interface MadeSlide {
  readonly title: string;
  readonly points?: readonly string[];
  readonly table?: readonly (readonly string[])[];
  /** A PNG file. */
  readonly picture?: Uint8Array;
}

/** Creates a PPTX file. */
export function makeDeck(slides: readonly MadeSlide[]): Uint8Array {
  const list = slides.map((_, at) => `<p:sldId id="${256 + at}" r:id="r${at}"/>`).join('');
  const targets = slides.map((_, at) => [`r${at}`, ['slide', `slides/slide${at}.xml`]] as const);
  const entries = slides.flatMap(({ picture, ...slide }, at): [string, string | Uint8Array][] => {
    const xml = slideOf(slide, picture === undefined ? '' : pictureReference('r1', 'a picture', 'p'));
    const written: [string, string][] = [[`ppt/slides/slide${at}.xml`, xml]];
    if (picture === undefined) return written;
    const target = relations({ r1: ['image', `../media/image${at}.png`] });
    return [...written, [`ppt/slides/_rels/slide${at}.xml.rels`, target], [`ppt/media/image${at}.png`, picture]];
  });
  return zipOf({
    '[Content_Types].xml': CONTENT_TYPES,
    'ppt/presentation.xml': `<p:presentation xmlns:p="${P}" xmlns:r="${OFFICE}"><p:sldIdLst>${list}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relations(Object.fromEntries(targets)),
    ...Object.fromEntries(entries),
  });
}

function slideOf({ title, points, table }: MadeSlide, picture: string): string {
  const shapes = [
    shape('title', [title]),
    ...(points === undefined ? [] : [shape('body', points)]),
    ...(table === undefined ? [] : [tableOf(table)]),
    picture,
  ];
  return `<p:sld xmlns:p="${P}" xmlns:a="${A}" xmlns:r="${OFFICE}"><p:cSld><p:spTree>${shapes.join('')}</p:spTree></p:cSld></p:sld>`;
}

function shape(type: string, texts: readonly string[]): string {
  const paragraphs = texts.map((text) => `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`);
  return `<p:sp><p:nvSpPr><p:cNvPr id="2" name="${type}"/><p:cNvSpPr/><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr><p:spPr/>
    <p:txBody><a:bodyPr/>${paragraphs.join('')}</p:txBody></p:sp>`;
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) =>
    `<a:tc><a:txBody><a:bodyPr/><a:p><a:r><a:t>${text}</a:t></a:r></a:p></a:txBody></a:tc>`;
  const lines = rows.map((row) => `<a:tr h="1">${row.map(cell).join('')}</a:tr>`);
  return `<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="9" name="t"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>
    <a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table"><a:tbl><a:tblGrid/>${lines.join('')}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>`;
}
