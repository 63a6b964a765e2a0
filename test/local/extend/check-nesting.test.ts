/** Risk tested here: a page of ordinary size is refused because it leaves end tags out, as HTML permits. */
import { describe, expect, it } from '@jest/globals';
import { checkNesting } from '../../../local/extend/parsing/check-nesting';

const REFUSAL = 'INTERNAL_ERROR: the HTML nests more than 256 elements';

describe('HTML', () => {
  it.each(['<div>', '<b>', '<div/>', '<DIV class="a">', '<ul><li>', '<table><tr><td>', '<p><div>', '<x-y>', '</p><i>'])(
    'is refused with 50,000 nested %s',
    (tags) => {
      expect(() => checkNesting(tags.repeat(50_000))).toThrow(REFUSAL);
    },
  );

  it.each([
    ['complete elements', '<div><p>a <b>b</b></p></div>'],
    ['paragraphs without end tags', '<p>a<br><img src="x"><hr>'],
    ['paragraphs without end tags around elements in the text', '<p>a <b>b <font size=1>c'],
    ['list items without end tags', '<li>a <span>b'],
    ['cells without end tags', '<tr><td>a<th>b<td>c'],
    ['comments', '<!-- <div> -->'],
    ['scripts', '<script>if (a<b) write("<div>")</script>'],
    ['paths of pictures', '<svg><g/><path d="M0"/></svg>'],
    ['signs that are no tags', 'a < b <3 <<'],
  ])('is accepted with 50,000 %s', (_what, text) => {
    checkNesting(`<html><body><table>${text.repeat(50_000)}`);
  });

  it.each(['<!--', '<script ', '<a', '<', '</', '<svg><path d="'])('is read in one pass if it repeats %s', (text) => {
    expect(() => checkNesting(text.repeat(200_000))).not.toThrow(RangeError);
  });

  it('is accepted up to the limit, and also after a comment without content', () => {
    checkNesting('<div>'.repeat(256));
    expect(() => checkNesting('<div>'.repeat(257))).toThrow(REFUSAL);
    expect(() => checkNesting(`<!-->${'<div>'.repeat(257)}`)).toThrow(REFUSAL);
  });
});
