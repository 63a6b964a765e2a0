/** Members that may contain the text of an error, in order of preference. */
const TEXT_MEMBERS = ['message', 'error', 'errors', 'issues', 'detail', 'details', 'title', 'reason'] as const;
/** Entries of a list that the text contains. Further entries are left out. */
const MAX_ENTRIES = 5;
const MAX_DEPTH = 4;

/**
 * Finds the text for people in the JSON value of an error answer. The value may be a text, a list, or an object with a
 * member such as `message`, `error`, `errors` or `issues`, also nested. Validation libraries give each entry of a list
 * a `path`. The text then names the path.
 *
 * @returns undefined if there is no text
 */
export function errorText(body: unknown, depth = 0): string | undefined {
  if (typeof body === 'string') return body.trim() === '' ? undefined : body;
  if (typeof body !== 'object' || body === null || depth > MAX_DEPTH) return undefined;
  if (Array.isArray(body)) return listText(body, depth);
  const object = body as Record<string, unknown>;
  for (const name of TEXT_MEMBERS) {
    const text = errorText(object[name], depth + 1);
    if (text !== undefined) return withPath(object.path, text);
  }
  return undefined;
}

function listText(list: readonly unknown[], depth: number): string | undefined {
  const texts = list.slice(0, MAX_ENTRIES).flatMap((entry) => errorText(entry, depth + 1) ?? []);
  if (texts.length === 0) return undefined;
  return list.length > MAX_ENTRIES ? `${texts.join('; ')}; …` : texts.join('; ');
}

function withPath(path: unknown, text: string): string {
  if (!Array.isArray(path) || path.length === 0 || path.length > MAX_DEPTH * 2) return text;
  const isPlain = path.every((step) => typeof step === 'string' || typeof step === 'number');
  return isPlain ? `${path.join('.')}: ${text}` : text;
}
