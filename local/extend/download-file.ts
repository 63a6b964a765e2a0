import { nameInUrl } from './name-in-url';
import type { FailureReason } from './parser-task';

/** Settings of {@link downloadFile}. */
export interface DownloadFileInput {
  /** URL of the document. */
  readonly url: string;
  /** Largest body, in bytes. */
  readonly maxInputBytes: number;
  /** Time limit of the download, in milliseconds, including the body. */
  readonly downloadTimeoutMs: number;
  /** Aborts the download. */
  readonly closing: AbortSignal;
}

/** A downloaded document, or the reason of the failure. The document's name is the last part of the URL's path. */
export type Download =
  { readonly bytes: Uint8Array; readonly name: string } | { readonly failureReason: FailureReason };

/** Downloads a document by http or https. Never rejects. */
export async function downloadFile(input: DownloadFileInput): Promise<Download> {
  const url = URL.canParse(input.url) ? new URL(input.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return { failureReason: 'UNABLE_TO_DOWNLOAD_FILE' };
  // `AbortSignal.timeout` is not used: Node 20 may collect such a signal if only `AbortSignal.any` refers to it. Then it
  // never aborts.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), input.downloadTimeoutMs);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([late.signal, input.closing]) });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return { failureReason: 'UNABLE_TO_DOWNLOAD_FILE' };
    }
    const bytes = await readUpTo(response.body, input.maxInputBytes);
    if (bytes === undefined) return { failureReason: 'FILE_SIZE_TOO_LARGE' };
    return { bytes, name: nameInUrl(url) };
  } catch {
    return { failureReason: 'UNABLE_TO_DOWNLOAD_FILE' };
  } finally {
    clearTimeout(timer);
  }
}

async function readUpTo(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) return undefined;
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}
