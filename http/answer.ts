/** An answer whose headers have come. */
export interface Answer {
  /** Whether the status says that it worked. */
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  /** The body's parts as they arrive. Leaving the loop early closes the connection. It can be read once. */
  readonly parts: AsyncIterable<Uint8Array>;
}

/** The answer, whose body ends with the signal's reason as soon as the signal aborts. */
export function toAnswer(response: Response, signal: AbortSignal): Answer {
  const { ok, status, headers, body } = response;
  return { ok, status, headers, parts: readParts(body, signal) };
}

/**
 * The request was sent with the signal already, but that is not enough for the body: `fetch` holds the chain from the
 * signal to the connection weakly, and once it is collected, a body that stalls would never end.
 */
async function* readParts(body: ReadableStream<Uint8Array> | null, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}
