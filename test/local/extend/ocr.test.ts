/** Risk tested here: a picture or a scan yields nothing, and a hostile one takes the memory of the machine. */
import { deflateSync, crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../../local/extend';
import { callNew, parseBytes } from './api-call';
import { makePdf } from './made-pdf';
import { sampleDocument } from './sample-documents';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const WORDS = { advancedOptions: { returnOcr: { words: true } } };

describe('a picture', () => {
  it.each(['png', 'jpg', 'gif', 'bmp', 'webp', 'tif'])('in the format %s is read line by line', async (format) => {
    const name = `receipt.${format}`;
    const run = await parseBytes(emulator, sampleDocument(name), name);
    expect([run.status, run.failureReason]).toEqual(['PROCESSED', undefined]);
    expect(run.chunks).toHaveLength(format === 'tif' ? 2 : 1);
    const [{ content }] = run.chunks;
    for (const text of ['HARBOUR CAFE', '12 Quay Street', '2.80', 'Apple cake', 'Total EUR', '7.30']) {
      expect(content).toContain(text);
    }
    if (format === 'tif') expect(run.chunks[1].content).toContain('Thank you for your visit');
  });

  it('that a camera stored on its side is turned', async () => {
    const run = await parseBytes(emulator, sampleDocument('turned.jpg'), 'turned.jpg');
    expect(run.chunks[0].content).toContain('Total EUR');
    expect(run.chunks[0].blocks[0].metadata.page).toEqual({ number: 1, width: 640, height: 360 });
  });

  it('gives its words with boxes and confidence, if the configuration asks for them', async () => {
    const run = await parseBytes(emulator, sampleDocument('receipt.png'), 'receipt.png', WORDS);
    const word = run.ocr.words.find(({ content }: { content: string }) => content === 'HARBOUR');
    expect(word).toMatchObject({ pageNumber: 1 });
    expect(word.confidence).toBeGreaterThan(0.8);
    expect(word.confidence).toBeLessThanOrEqual(1);
    expect(word.boundingBox.left).toBeGreaterThan(30);
    expect(word.boundingBox.right).toBeLessThan(200);
    expect(word.boundingBox.bottom).toBeGreaterThan(word.boundingBox.top);
    expect((await parseBytes(emulator, sampleDocument('receipt.png'), 'receipt.png')).ocr).toBeUndefined();
  });

  it('that is broken, or has too many pixels, fails at once', async () => {
    const cut = await parseBytes(emulator, sampleDocument('receipt.png').slice(0, 900), 'cut.png');
    expect(cut.failureReason).toBe('CORRUPT_FILE');
    const bomb = await parseBytes(emulator, pngOf(100_000, 100_000), 'bomb.png');
    expect(bomb.failureReason).toBe('FILE_SIZE_TOO_LARGE: the image has more than 40000000 pixels');
  });
});

describe('a scanned page', () => {
  it('is read, and its words have the confidence of the reading', async () => {
    const run = await parseBytes(emulator, sampleDocument('c03-29.pdf'), 'c03-29.pdf', WORDS);
    expect([run.status, run.failureReason]).toEqual(['PROCESSED', undefined]);
    expect(run.chunks[0].content.length).toBeGreaterThan(500);
    expect(run.chunks[0].blocks.every(({ type }: { type: string }) => type === 'text')).toBe(true);
    expect(run.ocr.words.length).toBeGreaterThan(100);
    expect(run.ocr.words.every(({ confidence }: { confidence: number }) => confidence >= 0 && confidence <= 1)).toBe(
      true,
    );
  });

  it('between pages of text is read too, and pages without a picture are not', async () => {
    const jpeg = { bytes: sampleDocument('receipt.jpg'), width: 640, height: 360 };
    const bytes = makePdf([{ texts: [{ text: 'Page one', x: 72, y: 72 }] }, { jpeg }, {}]);
    const run = await parseBytes(emulator, bytes, 'mixed.pdf');
    expect(run.chunks.map(({ content }: { content: string }) => content.includes('Total EUR'))).toEqual([
      false,
      true,
      false,
    ]);
    expect([run.chunks[0].content, run.chunks[2].content]).toEqual(['Page one', '']);
  });
});

it('the words of a PDF with text have the confidence 1, in both versions', async () => {
  const bytes = makePdf([{ texts: [{ text: 'Harbour master', x: 72, y: 72 }] }]);
  const run = await parseBytes(emulator, bytes, 'a.pdf', WORDS);
  expect(run.ocr.words.map(({ content }: { content: string }) => content)).toEqual(['Harbour', 'master']);
  expect(run.ocr.words[0]).toMatchObject({ confidence: 1, pageNumber: 1 });
  const parsed = await callNew(emulator, 'POST', '/parse', { file: { id: run.fileId }, config: WORDS });
  expect(parsed.body.output.ocr).toEqual(run.ocr);
});

/** A PNG that claims a size, and holds almost no data. */
function pngOf(width: number, height: number): Uint8Array {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(data.byteLength);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([size, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.writeUInt8(1, 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const data = deflateSync(Buffer.alloc(1_000));
  return new Uint8Array(
    Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]),
  );
}
