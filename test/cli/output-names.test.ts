import { describe, expect, it } from '@jest/globals';
import { toOutputNames } from '../../cli/output-names';

describe('toOutputNames', () => {
  it.each([
    ['report.pdf', 'report'],
    ['/data/2026/report.final.pdf', 'report.final'],
    ['./README', 'README'],
    ['.hidden', '.hidden'],
    ['https://files.example/a/b/Invoice%20No%207.pdf?X-Amz-Signature=abc', 'Invoice No 7'],
    ['https://files.example/a/b/', 'b'],
    ['https://files.example/', 'files'],
    ['https://files.example/%2e%2e%2fetc%2fpasswd', '_etc_passwd'],
    ['https://files.example/%E0%A4%A', '%E0%A4%A'],
    ['https://files.example/..%00.pdf', '_'],
  ])('names the results of %s %s', (document, name) => {
    expect(toOutputNames([document])).toEqual([name]);
  });

  it('numbers further documents of a name, in the order of the call', () => {
    expect(toOutputNames(['a/x.pdf', 'b/x.docx', 'https://files.example/x.html', 'y.pdf'])).toEqual([
      'x',
      'x-2',
      'x-3',
      'y',
    ]);
  });

  it('never gives two documents one name, whatever they are called', () => {
    expect(toOutputNames(['x.pdf', 'x.txt', 'x-2.pdf', 'X.pdf'])).toEqual(['x', 'x-2', 'x-2-2', 'X-3']);
  });

  it('cuts a name that a file system would refuse, at a whole character', () => {
    const [name = ''] = toOutputNames([`https://files.example/${encodeURIComponent('ü'.repeat(300))}.pdf`]);
    expect(name).toBe('ü'.repeat(100));
  });
});
