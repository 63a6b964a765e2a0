/** Tells if a value is an object and not an array. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Describes the kind of a value in words. It never shows a text, which may be the document's text. */
export function kindOf(value: unknown): string {
  if (value === null || typeof value === 'number' || value === '') return JSON.stringify(value);
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return `a ${typeof value}`;
}
