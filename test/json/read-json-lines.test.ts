import { describe, expect, it } from '@jest/globals';
import { readJsonLines } from '../../json';

async function read(parts: readonly Uint8Array[]): Promise<unknown[]> {
  async function* stream() {
    yield* parts;
  }
  const values: unknown[] = [];
  for await (const value of readJsonLines(stream())) values.push(value);
  return values;
}

describe('readJsonLines', () => {
  it('gives one value per line, at any boundary of the parts', async () => {
    const bytes = Buffer.from('{"a":"\u00fc"}\n7\n[null]');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(await read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual([{ a: '\u00fc' }, 7, [null]]);
    }
  });

  it('fails for a line that is not JSON, and for a blank line', async () => {
    await expect(read([Buffer.from('1\n{"a"\n')])).rejects.toThrow(SyntaxError);
    await expect(read([Buffer.from('1\n\n2\n')])).rejects.toThrow(SyntaxError);
  });

  it('reads a line of more than 16 MB', async () => {
    const megabyte = Buffer.alloc(1_000_000, ' ');
    await expect(read([...Array<Uint8Array>(17).fill(megabyte), Buffer.from('1')])).resolves.toEqual([1]);
  });
});
