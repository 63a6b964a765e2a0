/** Longest id of a run or file that requests use. Extend says that its ids have at most 255 characters. */
const MAX_ID_LENGTH = 1_000;

/** Ids that would change the path of a request: every HTTP client resolves `.` and `..` before it sends the request. */
const DOT_SEGMENT = /^\.{1,2}$/;
/** Half of a surrogate pair. A URL cannot encode it. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Characters with which an id could forge a line of a log or change what a terminal shows, because messages name ids. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/**
 * Checks if requests and messages can name a run or a file by this id.
 *
 * @returns the broken rule; `undefined` if the id is usable
 */
export function findIdProblem(id: string): string | undefined {
  if (id === '') return 'must not be empty';
  if (id.length > MAX_ID_LENGTH) return `must have at most ${MAX_ID_LENGTH} characters`;
  if (DOT_SEGMENT.test(id)) return "must not be '.' or '..'";
  if (LONE_SURROGATE.test(id)) return 'must be well-formed Unicode';
  if (CONTROL.test(id)) return 'must not have control or format characters';
  return undefined;
}
