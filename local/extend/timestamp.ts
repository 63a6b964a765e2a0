/** Writes a time as the API does. */
export function timestamp(atMs: number): string {
  return new Date(atMs).toISOString();
}
