/** A small writer of PDF files, so that each test shows the document that it is about. */

/** One piece of text on a made page. */
export interface MadeText {
  readonly text: string;
  /** Distance of the text's start from the left edge, in points. */
  readonly x: number;
  /** Distance of the text's baseline from the top edge, in points. */
  readonly y: number;
  /** Size of the font, in points. @default 11 */
  readonly size?: number;
  readonly font?: 'Helvetica' | 'Helvetica-Bold' | 'Courier';
  /** Angle by which the text is turned counter-clockwise, in degrees. @default 0 */
  readonly angle?: number;
}

/** One page of a made PDF, 612 by 792 points unless it says otherwise. */
export interface MadePage {
  readonly texts?: readonly MadeText[];
  /** Straight lines: from x, y to x, y, in points from the top left corner. */
  readonly rules?: readonly (readonly [number, number, number, number])[];
  /** Angle by which a viewer turns the page clockwise, in degrees. @default 0 */
  readonly rotate?: 0 | 90 | 180 | 270;
  /** A picture: a JPEG file in shades of gray, with its size in pixels. */
  readonly jpeg?: {
    readonly bytes: Uint8Array;
    readonly width: number;
    readonly height: number;
    /** Location of the picture: left, top, width, height, in points. @default the whole page */
    readonly at?: readonly [number, number, number, number];
  };
}

const WIDTH = 612;
const HEIGHT = 792;
const FONTS = { Helvetica: 'F1', 'Helvetica-Bold': 'F2', Courier: 'F3' } as const;

/** Creates a PDF of these pages. */
export function makePdf(pages: readonly MadePage[]): Uint8Array {
  const objects: Buffer[] = [];
  const add = (...parts: readonly (string | Uint8Array)[]): number =>
    objects.push(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))));
  const catalog = add('<< /Type /Catalog /Pages 2 0 R >>');
  add('');
  const fonts = Object.entries(FONTS).map(([name, key]) => {
    const id = add(`<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`);
    return `/${key} ${id} 0 R`;
  });
  const kids = pages.map((page) => {
    const content = add(...stream(Buffer.from(contentOf(page), 'latin1'), ''));
    const image = page.jpeg === undefined ? '' : `/XObject << /Im ${add(...jpegOf(page.jpeg))} 0 R >>`;
    const resources = `<< /Font << ${fonts.join(' ')} >> ${image} >>`;
    const box = `/MediaBox [0 0 ${WIDTH} ${HEIGHT}] /Rotate ${page.rotate ?? 0}`;
    return add(`<< /Type /Page /Parent 2 0 R ${box} /Resources ${resources} /Contents ${content} 0 R >>`);
  });
  objects[1] = Buffer.from(
    `<< /Type /Pages /Count ${kids.length} /Kids [${kids.map((id) => `${id} 0 R`).join(' ')}] >>`,
  );
  return assemble(objects, catalog);
}

function contentOf({ texts = [], rules = [], jpeg }: MadePage): string {
  const [left, top, width, height] = jpeg?.at ?? [0, 0, WIDTH, HEIGHT];
  const picture = jpeg === undefined ? [] : [`q ${width} 0 0 ${height} ${left} ${HEIGHT - top - height} cm /Im Do Q`];
  const lines = rules.map(([x1, y1, x2, y2]) => `${x1} ${HEIGHT - y1} m ${x2} ${HEIGHT - y2} l S`);
  return [...picture, ...lines, ...texts.map(textOperators)].join('\n');
}

function textOperators({ text, x, y, size = 11, font = 'Helvetica', angle = 0 }: MadeText): string {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)].map((n) => n.toFixed(4));
  const escaped = text.replaceAll(/[\\()]/g, '\\$&');
  const matrix = `${cos} ${sin} ${-Number(sin)} ${cos} ${x} ${HEIGHT - y}`;
  return `BT /${FONTS[font]} ${size} Tf ${matrix} Tm (${escaped}) Tj ET`;
}

function stream(bytes: Uint8Array, entries: string): (string | Uint8Array)[] {
  return [`<< ${entries} /Length ${bytes.byteLength} >>\nstream\n`, bytes, '\nendstream'];
}

function jpegOf({ bytes, width, height }: NonNullable<MadePage['jpeg']>): (string | Uint8Array)[] {
  const entries = `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode`;
  return stream(bytes, entries);
}

function assemble(objects: readonly Buffer[], catalog: number): Uint8Array {
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n')];
  const offsets: number[] = [];
  let at = parts[0]?.byteLength ?? 0;
  objects.forEach((object, index) => {
    const whole = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    offsets.push(at);
    parts.push(whole);
    at += whole.byteLength;
  });
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const trailer = `trailer\n<< /Size ${size} /Root ${catalog} 0 R >>\nstartxref\n${at}\n%%EOF\n`;
  parts.push(Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${entries}${trailer}`));
  return new Uint8Array(Buffer.concat(parts));
}
