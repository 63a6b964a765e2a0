/** An HTTP answer whose headers have arrived. */
export interface HttpAnswer {
  /** `true` for a success status. */
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  /** The body's parts as they arrive. Leaving the loop early closes the connection. The body can be read once. */
  readonly parts: AsyncIterable<Uint8Array>;
}

/** Wraps a response. As soon as the signal aborts, reading the body ends with the signal's reason. */
export function toHttpAnswer(response: Response, signal: AbortSignal): HttpAnswer {
  const { ok, status, headers, body } = response;
  return { ok, status, headers, parts: readParts(body, signal) };
}

/**
 * Reads the body until it ends or the signal aborts. The request has the same signal, but that is not enough for the
 * body: `fetch` references the chain from the signal to the connection weakly. Once Node collects the chain as garbage,
 * an abort would no longer end a body that stalls.
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
