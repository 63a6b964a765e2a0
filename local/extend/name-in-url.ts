/** Returns the last part of a URL's path, decoded: the name of its file. */
export function nameInUrl(url: URL): string {
  const part = url.pathname.split('/').pop() ?? '';
  try {
    return decodeURIComponent(part) || 'document';
  } catch {
    return part;
  }
}
