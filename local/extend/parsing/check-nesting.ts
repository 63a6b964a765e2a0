import { ParsingFailure } from './parsing-failure';

/**
 * Largest number of elements around a text. Browsers have a limit of about 500. The libraries take seconds for some
 * thousand elements, and the stack is full at some hundred nested tables.
 */
const MAX_NESTED_ELEMENTS = 256;

/** A comment, an element whose content is text, or a tag. Each alternative also ends where the text ends. */
const MARKUP =
  /<!--(?:-?>|[^]*?(?:--!?>|$))|<(script|style|textarea|title|xmp|iframe|noembed|noframes)(?=[\s/>])[^]*?(?:<\/\1|$)|<(\/?)([a-z][^\s/>]*)[^>]*?(\/?)(?:>|$)/gi;
/** Elements that have no content. */
const VOID = /^(area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)$/;
/** Elements that the next one of the same name ends, if its end tag is left out. */
const ENDED_BY_NEXT = /^(p|li|dt|dd|tr|td|th|thead|tbody|tfoot|option|optgroup|rt|rp)$/;
/** Elements in a text, which end with the element around them. */
const INLINE = /^(a|b|big|code|em|font|i|nobr|s|small|span|strike|strong|sub|sup|tt|u)$/;
/** Elements in which a tag that ends with a slash has no content. */
const FOREIGN = /^(svg|math)$/;

/**
 * Checks that the elements of an HTML text are not nested too deeply. It counts tags in one pass, and builds no document.
 *
 * @throws ParsingFailure if they are.
 */
export function checkNesting(html: string): void {
  const open: string[] = [];
  for (const [, rawText, slash, tag, selfClosing] of html.matchAll(MARKUP)) {
    if (rawText !== undefined || tag === undefined) continue;
    const name = tag.toLowerCase();
    if (slash === '/') endElement(open, open.lastIndexOf(name));
    else if (!VOID.test(name) && (selfClosing === '' || !open.some((outer) => FOREIGN.test(outer)))) {
      if (ENDED_BY_NEXT.test(name)) endElement(open, positionBefore(open, name));
      open.push(name);
    }
    if (open.length > MAX_NESTED_ELEMENTS) {
      throw new ParsingFailure(`INTERNAL_ERROR: the HTML nests more than ${MAX_NESTED_ELEMENTS} elements`);
    }
  }
}

/** Ends the open element at the position, and all elements in it. A position of -1 ends none. */
function endElement(open: string[], position: number): void {
  if (position >= 0) open.length = position;
}

/** The position of the open element that a tag of the same name ends; -1 if there is none. */
function positionBefore(open: readonly string[], name: string): number {
  const position = open.findLastIndex((outer) => outer === name || !(ENDED_BY_NEXT.test(outer) || INLINE.test(outer)));
  return open[position] === name ? position : -1;
}
