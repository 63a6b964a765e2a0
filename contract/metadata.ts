import type { RunMetadata } from './extend';
import { utf8Bytes } from './batch/batch';
import { isDeeperThan, MAX_LEVELS } from '../json';

/** Largest metadata of an input as JSON, in bytes. Extend accepts 10 KB; the rest is for the member of this package. */
const MAX_METADATA_BYTES = 8_000;
/** Member of the metadata that belongs to this package. */
const OWN_MEMBER = 'temporal';
/** Member of the metadata with tags for Extend's billing. */
const USAGE_TAGS = 'extend:usage_tags';

/** Checks the metadata of an input. @returns the broken rule; `undefined` if the metadata is right */
export function findMetadataProblem(metadata: RunMetadata): string | undefined {
  if (isDeeperThan(metadata, MAX_LEVELS)) return `must have at most ${MAX_LEVELS} levels of objects and arrays`;
  const bytes = jsonBytes(metadata);
  if (bytes === undefined) return 'must be JSON';
  if (bytes > MAX_METADATA_BYTES) return `must have at most ${MAX_METADATA_BYTES} bytes as JSON`;
  if (Object.hasOwn(metadata, OWN_MEMBER)) return `must not have the member '${OWN_MEMBER}'`;
  const tags = metadata[USAGE_TAGS];
  const isTag = (tag: unknown) => typeof tag === 'string' && /^[\w-]+$/.test(tag);
  if (tags === undefined || (Array.isArray(tags) && tags.every(isTag))) return undefined;
  return `must have in '${USAGE_TAGS}' a list of tags of letters, digits, hyphens and underscores`;
}

/** Gives the size of a value as JSON, in bytes; `undefined` if it has a member that JSON cannot carry, as a `bigint`. */
function jsonBytes(value: unknown): number | undefined {
  try {
    return utf8Bytes(JSON.stringify(value));
  } catch {
    return undefined;
  }
}
