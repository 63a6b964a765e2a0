import { describe, expect, it } from '@jest/globals';
import { toOutputNames } from '../../cli/output-names';

describe('toOutputNames', () => {
  it.each([
    ['report.pdf', 'report'],
    ['/data/2026/report.final.pdf', 'report.final'],
    ['./README', 'README'],
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
    expect(toOutputNames(['a/x.pdf', 'b/x.pdf', 'https://files.example/X.PDF?y', 'y.pdf'])).toEqual([
      'x',
      'x-2',
      'X-3',
      'y',
    ]);
  });

  it('keeps the extensions of documents that differ in them only', () => {
    expect(toOutputNames(['a/x.pdf', 'test.xlsx', 'b/x.docx', 'test.PDF', 'x', 'y.pdf', 'c/x.pdf'])).toEqual([
      ...['x.pdf', 'test.xlsx', 'x.docx', 'test.PDF', 'x', 'y', 'x-2.pdf'],
    ]);
  });

  it('takes no long end of a name for an extension, and leaves no dot at the end', () => {
    expect(toOutputNames([`x.${'e'.repeat(16)}`, 'x.', 'x.pdf'])).toEqual(['x', 'x-2', 'x.pdf']);
  });

  it('never gives two documents one name', () => {
    expect(toOutputNames(['x.pdf', 'x.txt', 'x-2.pdf', 'X.pdf'])).toEqual(['x.pdf', 'x.txt', 'x-2', 'X-2.pdf']);
  });

  it.each([
    ['.hidden', 'hidden'],
    ['..txt', 'txt'],
    ['...txt', 'txt'],
    ['...', 'document'],
    ['.env.pdf', 'env'],
    ['https://files.example/.htaccess', 'htaccess'],
  ])('hides no results: %s becomes %s', (document, name) => {
    expect(toOutputNames([document])).toEqual([name]);
  });

  it.each([
    ['CON', '_CON'],
    ['aux.txt', '_aux'],
    ['nul.v2.pdf', '_nul.v2'],
    ['prn .pdf', '_prn'],
    ['Com1.pdf', '_Com1'],
    ['lpt9.pdf', '_lpt9'],
    ['COM¹.pdf', '_COM¹'],
    ['conin$', '_conin$'],
    ['https://files.example/NUL.pdf', '_NUL'],
    ['console.pdf', 'console'],
    ['com10.pdf', 'com10'],
    ['auxiliary', 'auxiliary'],
  ])('writes no name that Windows reserves: %s becomes %s', (document, name) => {
    expect(toOutputNames([document])).toEqual([name]);
  });

  it.each([
    ['a:b<c>d"e|f?g*h\\i.pdf', 'a_b_c_d_e_f_g_h_i'],
    ['two\nlines.pdf', 'two_lines'],
    ['\u001b]0;title\u0007.pdf', '_]0;title_'],
    ['del\u007f\u009b.pdf', 'del__'],
    ['line\u2028paragraph\u2029.pdf', 'line_paragraph_'],
    ['invoice\u202efdp.exe.pdf', 'invoice_fdp.exe'],
    ['half \ud83d.pdf', 'half _'],
    ['batch:2026/no 7', 'no 7'],
    ['report...pdf', 'report'],
    ['report. . .pdf', 'report'],
    [' . ', 'document'],
  ])('replaces what a file system or a terminal takes ill: %j becomes %s', (document, name) => {
    expect(toOutputNames([document])).toEqual([name]);
  });

  it('keeps mapped names apart', () => {
    expect(toOutputNames(['.a', 'a', 'con', '_con', 'x:y', 'x?y', 'u\u0308', '\u00fc'])).toEqual([
      ...['a', 'a-2', '_con', '_con-2', 'x_y', 'x_y-2', 'u\u0308', '\u00fc-2'],
    ]);
  });

  it('ends no cut name with a blank', () => {
    expect(toOutputNames([`${'a'.repeat(199)} b.pdf`])).toEqual(['a'.repeat(199)]);
  });

  it('cuts a name that a file system would refuse, at a whole character', () => {
    const [name = ''] = toOutputNames([`https://files.example/${encodeURIComponent('ü'.repeat(300))}.pdf`]);
    expect(name).toBe('ü'.repeat(100));
  });

  it('checks few names per document, also if all documents have one name', () => {
    const documents = Array.from({ length: 2_000 }, (_, index) => `${index}/document.pdf`);
    let checks = 0;
    class CountingSet extends Set<string> {
      override has(name: string): boolean {
        checks += 1;
        return super.has(name);
      }
    }
    const names = toOutputNames(documents, new CountingSet());
    expect(checks).toBeLessThan(3 * documents.length);
    expect([names[0], names[1], names.at(-1)]).toEqual(['document', 'document-2', 'document-2000']);
  });
});
