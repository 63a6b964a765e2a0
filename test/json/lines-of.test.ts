import { describe, expect, it } from '@jest/globals';
import { linesOf } from '../../json';

describe('linesOf', () => {
  async function cut(parts: readonly string[], maxBytes = 5) {
    async function* stream() {
      for (const part of parts) yield Buffer.from(part);
    }
    const lines: (string | undefined)[] = [];
    for await (const { number, bytes } of linesOf(stream(), maxBytes)) {
      expect(number).toBe(lines.length + 1);
      lines.push(bytes && Buffer.from(bytes).toString());
    }
    return lines;
  }

  it('splits lines at any boundary of the parts', async () => {
    expect(await cut(['a\nb', 'c\n', '\nd'])).toEqual(['a', 'bc', '', 'd']);
    expect(await cut(['a\n'])).toEqual(['a']);
    expect(await cut([])).toEqual([]);
  });

  it('leaves out the bytes of a line that is too long', async () => {
    expect(await cut(['123456\n12345\n', '1234', '56\n', 'end'])).toEqual([undefined, '12345', undefined, 'end']);
  });
});
