/**
 * Checks the base URL of Extend's API.
 *
 * @returns the broken rule; `undefined` if the URL is right.
 */
export function findBaseUrlProblem(baseUrl: string): string | undefined {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return 'must be an absolute http(s) URL';
  const isPlain = url.username === '' && url.password === '' && !/[?#]/.test(baseUrl);
  return isPlain ? undefined : 'must have no user name, password, query or fragment';
}
