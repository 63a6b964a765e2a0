import type { ApiVersion } from '../../contract/extend/parse-api';
import { defined, isDeeperThan, isPlainObject, MAX_LEVELS } from '../../json';
import { effectiveConfig } from './effective-config';
import { createId } from './ids';
import { RefusedRequest } from './refused-request';
import type { RunOrder } from './run-store';

/** Largest JSON body that is parsed, in bytes. A parsed body takes many times as much memory. */
export const MAX_JSON_BYTES = 4_000_000;
/** Largest metadata of a run, as JSON, in bytes. */
const MAX_METADATA_BYTES = 10_240;
const USAGE_TAGS = 'extend:usage_tags';

/** A run that a body orders. The request's headers tell its owner. */
export type OrderInBody = Omit<RunOrder, 'owner'>;

/** Settings of an emulator that decide about orders. */
export interface OrderRules {
  /** Reaction to `dataRetention: { mode: 'zero' }`. */
  readonly zeroRetention: 'kept' | 'deletedAfterResult' | 'refused';
}

/**
 * Reads the run that a submit's body orders. Of two things that are wrong, the refusal names the first: the file, then
 * the config, then the rest.
 *
 * @throws RefusedRequest 400 for a body that the version does not accept.
 */
export function readOrder(body: unknown, apiVersion: ApiVersion, rules: OrderRules): OrderInBody {
  if (!isPlainObject(body))
    throw new RefusedRequest(400, `The body must be a JSON object of at most ${MAX_JSON_BYTES} bytes`);
  if (apiVersion === '2025-04-21') {
    const { fileUrl, fileId = createId('file_'), fileName } = checkOldFile(body['file']);
    const config = effectiveConfig(body['config'], apiVersion);
    return { apiVersion, fileId, ...defined({ fileUrl, fileName }), config };
  }
  const file = checkFile(body['file'], 'file');
  const config = effectiveConfig(body['config'], apiVersion);
  const metadata = checkMetadata(body['metadata'], 'metadata');
  const isZeroRetention = checkRetention(body['dataRetention'], rules);
  return { apiVersion, ...file, config, ...defined({ metadata, isZeroRetention }) };
}

/** Fields of the body's `file` in version 2025-04-21, once they are checked. */
interface OldFile {
  readonly fileUrl?: string;
  readonly fileId?: string;
  readonly fileName?: string;
}

function checkOldFile(file: unknown): OldFile {
  const checked = checkTexts(file, 'file', ['fileUrl', 'fileId', 'fileName']);
  if ((checked['fileUrl'] === undefined) === (checked['fileId'] === undefined)) {
    throw new RefusedRequest(400, 'file must have exactly one of fileUrl and fileId');
  }
  return checked;
}

/** Reads a `file` of version 2026-02-09: by URL or by id. @throws RefusedRequest 400 */
export function checkFile(file: unknown, path: string): Pick<RunOrder, 'fileId' | 'fileUrl' | 'fileName' | 'password'> {
  const { url, id, name, text } = checkTexts(file, path, ['url', 'id', 'name', 'text']);
  if ((url === undefined) === (id === undefined) || text !== undefined) {
    throw new RefusedRequest(400, `${path} must have exactly one of url and id`);
  }
  const password = checkSettings((file as Record<string, unknown>)['settings'], `${path}.settings`);
  return { fileId: id ?? createId('file_'), ...defined({ fileUrl: url, fileName: name, password }) };
}

function checkSettings(settings: unknown, path: string): string | undefined {
  if (settings === undefined) return undefined;
  return checkTexts(settings, path, ['password'])['password'];
}

/** Checks the metadata of a run. @throws RefusedRequest 400 */
export function checkMetadata(metadata: unknown, path: string): RunOrder['metadata'] {
  if (metadata === undefined) return undefined;
  if (!isPlainObject(metadata)) throw new RefusedRequest(400, `${path} must be an object`);
  if (isDeeperThan(metadata, MAX_LEVELS)) {
    throw new RefusedRequest(400, `${path} must have at most ${MAX_LEVELS} levels of objects and lists`);
  }
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) {
    throw new RefusedRequest(400, `${path} must have at most ${MAX_METADATA_BYTES} bytes as JSON`);
  }
  const tags = metadata[USAGE_TAGS];
  const isTag = (tag: unknown) => typeof tag === 'string' && /^[\w-]+$/.test(tag);
  if (tags === undefined || (Array.isArray(tags) && tags.every(isTag))) return metadata;
  throw new RefusedRequest(
    400,
    `${path}.${USAGE_TAGS} must be a list of tags of letters, digits, hyphens, underscores`,
  );
}

function checkRetention(retention: unknown, { zeroRetention }: OrderRules): true | undefined {
  if (retention === undefined) return undefined;
  const mode = isPlainObject(retention) ? (retention['mode'] ?? 'workspace_default') : undefined;
  if (mode === 'workspace_default') return undefined;
  if (mode !== 'zero') throw new RefusedRequest(400, 'dataRetention.mode must be workspace_default or zero');
  if (zeroRetention !== 'refused') return true;
  throw new RefusedRequest(400, 'Zero data retention is not available for your organization');
}

function checkTexts<Name extends string>(
  object: unknown,
  path: string,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  if (!isPlainObject(object)) throw new RefusedRequest(400, `${path} is required and must be an object`);
  for (const name of names) {
    const value = object[name];
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new RefusedRequest(400, `${path}.${name} must be a non-empty string`);
    }
  }
  return object as Partial<Record<Name, string>>;
}
