import { defined, isPlainObject } from '../../json';
import { answersOf } from './answers-of';
import { jsonResponse, type EmulatorResponse } from './emulator-response';
import { downloadFile } from './download-file';
import type { EmulatorState } from './emulator-state';
import type { Exchange } from './exchange';
import { fileContents } from './file-contents';
import { identifyFile } from './identify-file';
import { RefusedRequest } from './refused-request';

const DEFAULT_PAGE_SIZE = 10;
const MAX_PAGE_SIZE = 1000;

/** `POST /files/upload`: stores the one part named `file`. Its content decides its type. */
export async function uploadFile({ request, body, owner, state }: Exchange): Promise<EmulatorResponse> {
  const part = await readFilePart(body, request.headers['content-type'] ?? '');
  const bytes = new Uint8Array(await part.arrayBuffer());
  if (bytes.byteLength > state.maxInputBytes) {
    const message = `The file has ${bytes.byteLength} bytes, the limit is ${state.maxInputBytes}`;
    throw new RefusedRequest(400, message, 'FILE_SIZE_TOO_LARGE');
  }
  const identity = identifyFile(bytes, part.name);
  if (identity.kind === 'unreadable') throw new RefusedRequest(400, identity.message, identity.reason);
  const file = state.files.add({
    owner,
    name: part.name,
    ...defined({ type: identity.apiType }),
    bytes,
    uploaded: true,
  });
  return jsonResponse(200, answersOf(request.apiVersion).file(file));
}

/**
 * `POST /files` of version 2025-04-21, which the API calls deprecated: stores a text, or the document of a URL. The name
 * is required, and exactly one of `rawText` and `url`; `mediaType` is not used, because the content decides the type.
 */
export async function createFile({ request, owner, state }: Exchange): Promise<EmulatorResponse> {
  const { name, rawText, url } = isPlainObject(request.bodyJson) ? request.bodyJson : {};
  if (typeof name !== 'string' || name === '') throw new RefusedRequest(400, 'name must be a non-empty string');
  if ((typeof rawText === 'string') === (typeof url === 'string')) {
    throw new RefusedRequest(400, 'The body must have exactly one of rawText and url, as a string');
  }
  const bytes = typeof url === 'string' ? await bytesOf(url, state) : new Uint8Array(Buffer.from(String(rawText)));
  const identity = identifyFile(bytes, name);
  if (identity.kind === 'unreadable') throw new RefusedRequest(400, identity.message, identity.reason);
  const file = state.files.add({ owner, name, ...defined({ type: identity.apiType }), bytes, uploaded: false });
  return jsonResponse(200, answersOf(request.apiVersion).file(file));
}

async function bytesOf(url: string, { maxInputBytes, downloadTimeoutMs, closing }: EmulatorState): Promise<Uint8Array> {
  const loaded = await downloadFile({ url, maxInputBytes, downloadTimeoutMs, closing });
  if ('bytes' in loaded) return loaded.bytes;
  throw new RefusedRequest(400, 'The URL cannot be downloaded', loaded.failureReason);
}

/**
 * `GET /files/{id}`: answers with the file's data, a presigned URL of its bytes, and the contents that the query asks
 * for. As at the API, only a file that a run has parsed has contents and a number of pages.
 */
export function getFile({ request, owner, state }: Exchange): EmulatorResponse {
  const file = state.files.getOwned(request.fileId ?? '', owner);
  const presignedUrl = state.presigned.create(state.baseUrl, `/presigned/files/${file.id}`);
  const parsed = state.files.parsed(file.id);
  const contents = fileContents(parsed, file.type, request.query);
  const hasPages = file.type === 'PDF' || file.type === 'DOCX';
  const details = { presignedUrl, contents, pageCount: hasPages ? parsed?.pageCount : undefined };
  return jsonResponse(200, answersOf(request.apiVersion).file(file, details));
}

/** `DELETE /files/{id}`: every later call answers as if the file did not exist. */
export function deleteFile({ request, owner, state }: Exchange): EmulatorResponse {
  const id = request.fileId ?? '';
  state.files.delete(id, owner);
  return jsonResponse(200, answersOf(request.apiVersion).deletedFile(id));
}

/**
 * `GET /files`: answers with one page of the files, newest first unless `sortDir=asc`. The page token is a position.
 */
export function listFiles({ request, owner, state }: Exchange): EmulatorResponse {
  const { nameContains = '', sortDir = 'desc', nextPageToken = '0', maxPageSize } = request.query;
  const size = Number(maxPageSize ?? DEFAULT_PAGE_SIZE);
  const from = Number(nextPageToken);
  if (!Number.isInteger(size) || size < 1 || size > MAX_PAGE_SIZE) {
    throw new RefusedRequest(400, `maxPageSize must be 1 to ${MAX_PAGE_SIZE}, got ${maxPageSize}`);
  }
  if (sortDir !== 'asc' && sortDir !== 'desc')
    throw new RefusedRequest(400, `sortDir must be asc or desc, got ${sortDir}`);
  if (!Number.isInteger(from) || from < 0)
    throw new RefusedRequest(400, 'nextPageToken must be a token of an earlier page');
  const matching = state.files.existing(owner).filter((file) => file.name.includes(nameContains));
  if (sortDir === 'asc') matching.reverse();
  const items = matching.slice(from, from + size);
  const rest = from + size < matching.length ? { nextPageToken: String(from + size) } : {};
  return jsonResponse(200, answersOf(request.apiVersion).files({ items, ...rest }));
}

async function readFilePart(body: Buffer, contentType: string): Promise<File> {
  if (!contentType.toLowerCase().startsWith('multipart/form-data')) {
    throw new RefusedRequest(400, 'The body must be multipart/form-data with one part named file');
  }
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => undefined);
  const parts = form?.getAll('file') ?? [];
  const [part] = parts;
  if (parts.length !== 1 || part === undefined || typeof part === 'string') {
    throw new RefusedRequest(400, `The form must have exactly one file part named file, got ${parts.length}`);
  }
  return part;
}
