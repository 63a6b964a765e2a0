import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { isHttpUrl } from '../contract/extend';
import { errorMessage } from '../json';
import type { Redactor } from '../privacy';
import type { ExtendClient } from '../http';
import { SourceError, type OpenedSource, type SourceResolver } from '../storage';
import { finalFailure } from './to-application-failure';

/** Settings of {@link openSource}. */
export interface OpenSourceOptions {
  /** Resolver that opens a source by its name. */
  readonly sources: SourceResolver;
  /** Extend's API. It knows the key, which no error of a resolver may repeat. */
  readonly extend: Pick<ExtendClient, 'redactor' | 'noteKey'>;
  /** Ends the call, also if the resolver ignores the signal. */
  readonly signal: AbortSignal;
}

/**
 * Opens a source. A failure here happens before anything is sent to Extend. The caller closes the source with
 * {@link closeSource}.
 *
 * @throws ApplicationFailure `SourceUnavailable`, final; `Unavailable` if a resolver failed in another way; the
 * signal's reason.
 */
export async function openSource(
  source: string,
  { sources, extend, signal }: OpenSourceOptions,
): Promise<OpenedSource> {
  let opening: Promise<OpenedSource> | undefined;
  try {
    opening = sources(source, { signal });
    const opened: unknown = await unlessAborted(opening, signal);
    checkOpened(opened);
    return opened;
  } catch (error) {
    // The resolver may have given a source that was refused here, or may still give one after this failure.
    void opening?.then(closeSource, () => undefined);
    signal.throwIfAborted();
    const details = { attempts: activityInfo().attempt };
    await extend.noteKey({ signal });
    const reason = reasonOf(error, source, extend.redactor);
    if (error instanceof SourceError) throw finalFailure('SourceUnavailable', reason, details);
    throw resolverFailure(reason);
  }
}

/**
 * Releases the content that a resolver has opened, if there is any. It ignores a failure, because the content is no
 * longer needed.
 */
export async function closeSource(opened: unknown): Promise<void> {
  const { close } = (opened ?? {}) as { readonly close?: unknown };
  if (typeof close !== 'function') return;
  try {
    await (close.call(opened) as Promise<void>);
  } catch {
    // The content was uploaded, or is not needed.
  }
}

/**
 * Gives the message of a resolver's error. The message may repeat a URL that the resolver made, so URLs are reduced to
 * their origins. Paths of `file:` sources are not secret.
 */
function reasonOf(error: unknown, source: string, redactor: Redactor): string {
  const message = errorMessage(error);
  return /^file:/i.test(source) ? redactor.text(message) : redactor.reason(message);
}

/** Makes the failure of a resolver that may succeed in another attempt. */
export function resolverFailure(reason: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'Unavailable',
    message: `the source's resolver failed: ${reason}`,
    details: [{ attempts: activityInfo().attempt }],
  });
}

/** Checks the value that a resolver gave. Later, in the submit, such an error would look as if a run might exist. */
function checkOpened(opened: unknown): asserts opened is OpenedSource {
  const { content, fileUrl, fileName, password } = (opened ?? {}) as Record<string, unknown>;
  const isContent = content instanceof Blob;
  if (isContent ? fileUrl !== undefined : !isHttpUrl(fileUrl) || content !== undefined) {
    throw new SourceError(
      "the source's resolver must give either a 'fileUrl' (an absolute http(s) URL) or a 'content' (a Blob)",
    );
  }
  if (isContent ? !isText(fileName) : fileName !== undefined && !isText(fileName)) {
    throw new SourceError("the source's resolver must give a text as 'fileName'; a 'content' needs one");
  }
  if (password !== undefined && (isContent || !isText(password))) {
    throw new SourceError("the source's resolver may give a 'password' (a text) beside a 'fileUrl' only");
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
