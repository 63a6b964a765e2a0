/**
 * A URL as a message may show it: without user name and password, and with `?***` in place of query and fragment.
 *
 * The text may be an argument or a variable that is no valid URL. Where credentials end is then unknown, so a text with an
 * `@` loses everything but its scheme.
 */
export function maskUrl(text: string): string {
  const [scheme = ''] = /^[a-z][a-z\d+.-]*:\/\//i.exec(text) ?? [];
  const [address = ''] = text.split(/[?#]/, 1);
  const query = address.length < text.length ? '?***' : '';
  if (scheme !== '' && URL.canParse(text)) {
    const { protocol, host, pathname } = new URL(text);
    return `${protocol}//${host}${pathname}${query}`;
  }
  return text.includes('@') ? `${scheme}***` : `${address}${query}`;
}
