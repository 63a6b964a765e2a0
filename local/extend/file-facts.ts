import type { StoredFile } from './emulator-files';

/** The facts about a file that the answers of both versions of the API have. */
export function fileFacts({ id, name, type, createdAtMs }: Pick<StoredFile, 'id' | 'name' | 'type' | 'createdAtMs'>) {
  const at = new Date(createdAtMs).toISOString();
  return { object: 'file', id, name, type: type ?? null, parentFileId: null, createdAt: at, updatedAt: at };
}
