/**
 * Masks a URL for a message. It removes user name and password, and replaces query and fragment by `?***`.
 *
 * The text may be an argument or a variable that is not a valid URL. The end of the credentials is then unknown, so of
 * a text with an `@` only the scheme is kept.
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
