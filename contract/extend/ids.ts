/** Longest id of a run or file that is used. Extend allows its own ids to grow to 255 characters. */
const MAX_ID_LENGTH = 1_000;

/** `.` and `..` as a segment of a path name another path: every HTTP client resolves them before it sends. */
const DOT_SEGMENT = /^\.{1,2}$/;
/** Half of a surrogate pair cannot be encoded in a URL. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Checks that requests can name a run or a file by this id. @returns the broken rule; `undefined` if the id is usable */
export function findIdProblem(id: string): string | undefined {
  if (id === '') return 'must not be empty';
  if (id.length > MAX_ID_LENGTH) return `must have at most ${MAX_ID_LENGTH} characters`;
  if (DOT_SEGMENT.test(id)) return "must not be '.' or '..'";
  if (LONE_SURROGATE.test(id)) return 'must be well-formed Unicode';
  return undefined;
}
