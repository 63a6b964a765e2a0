import { defined, isPlainObject } from '../../json';
import { effectiveConfig } from './effective-config';
import { findScript, type NamedScript } from './find-script';
import { createId } from './ids';
import { RefusedRequest } from './refused-request';
import type { RunOrder } from './run-store';
import type { ScriptedDocument } from './scripted-document';

/** Largest JSON body that is parsed, in bytes. A parsed body takes many times as much memory. */
export const MAX_JSON_BYTES = 4_000_000;

/** A submit's body, read once. */
export interface Submission {
  /** File id in the body, even if the body is refused. */
  readonly fileId?: string;
  /** Scripted document that the URL in the body names, even if the body is refused for another reason. */
  readonly script?: NamedScript;
  /** Run that the body orders, or the refusal of the body. */
  readonly order: RunOrder | RefusedRequest;
}

/**
 * Reads a submit's body. Of two things that are wrong, the refusal names the first: the file, then the config, then the
 * script.
 */
export function readSubmission(body: unknown, scripts: Readonly<Record<string, ScriptedDocument>>): Submission {
  const { fileUrl, fileId } = isPlainObject(body) && isPlainObject(body['file']) ? body['file'] : {};
  const script = typeof fileUrl === 'string' ? unlessRefused(() => findScript(fileUrl, scripts)) : undefined;
  const order = unlessRefused(() => {
    const read = readOrder(body);
    if (script instanceof RefusedRequest) throw script;
    return read;
  });
  const known = {
    fileId: typeof fileId === 'string' ? fileId : undefined,
    script: script instanceof RefusedRequest ? undefined : script,
  };
  return { ...defined(known), order };
}

function unlessRefused<T>(read: () => T): T | RefusedRequest {
  try {
    return read();
  } catch (error) {
    if (error instanceof RefusedRequest) return error;
    throw error;
  }
}

/** Fields of the body's `file`, once they are checked. */
interface SubmittedFile {
  readonly fileUrl?: string;
  readonly fileId?: string;
  readonly fileName?: string;
}

function readOrder(body: unknown): RunOrder {
  if (!isPlainObject(body))
    throw new RefusedRequest(400, `The body must be a JSON object of at most ${MAX_JSON_BYTES} bytes`);
  const { fileUrl, fileId = createId('file_'), fileName } = checkFile(body['file']);
  return { fileId, ...defined({ fileUrl, fileName }), config: effectiveConfig(body['config']) };
}

function checkFile(file: unknown): SubmittedFile {
  if (!isPlainObject(file)) throw new RefusedRequest(400, 'file is required and must be an object');
  for (const name of ['fileUrl', 'fileId', 'fileName']) {
    const value = file[name];
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new RefusedRequest(400, `file.${name} must be a non-empty string`);
    }
  }
  if ((file['fileUrl'] === undefined) === (file['fileId'] === undefined)) {
    throw new RefusedRequest(400, 'file must have exactly one of fileUrl and fileId');
  }
  return file;
}
