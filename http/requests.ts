import { findIdProblem, ParseApiError } from '../contract/extend';

/**
 * Builds the path of a run or a file. It refuses an id such as `..`, which would name another path of the API.
 *
 * @throws ParseApiError the same as for a request that Extend refused, although nothing is sent.
 */
export function pathOf(kind: string, id: string): string {
  const problem = findIdProblem(id);
  if (problem === undefined) return `/${kind}/${encodeURIComponent(id)}`;
  throw new ParseApiError(`no request to /${kind}: the id ${problem}`, { kind: 'status', status: 400 });
}
