import type { FailureReason } from './parse-job';

/** What {@link downloadFile} needs. */
export interface DownloadFileInput {
  /** Where the document is. */
  readonly url: string;
  /** Largest body, in bytes. */
  readonly maxInputBytes: number;
  /** Longest download, in milliseconds, body included. */
  readonly downloadTimeoutMs: number;
  /** Ends the download early. */
  readonly closing: AbortSignal;
}

/** The document, or why it could not be had. Its name is the last part of the URL's path. */
export type Download =
  { readonly bytes: Uint8Array; readonly name: string } | { readonly failureReason: FailureReason };

/** Downloads a document by http or https. Never rejects. */
export async function downloadFile(input: DownloadFileInput): Promise<Download> {
  const url = URL.canParse(input.url) ? new URL(input.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return { failureReason: 'UNABLE_TO_DOWNLOAD_FILE' };
  // Not `AbortSignal.timeout`: Node 20 may collect one that is only part of `AbortSignal.any`, and it never aborts.
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
    return { bytes, name: lastPart(url) };
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

function lastPart(url: URL): string {
  const part = url.pathname.split('/').pop() ?? '';
  try {
    return decodeURIComponent(part) || 'document';
  } catch {
    return part;
  }
}
