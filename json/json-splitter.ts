import { JsonScanner, JsonSyntaxError, type JsonPath } from './json-scanner';

/** Takes the bytes of one value as they arrive. */
export interface JsonSink {
  /** The next bytes of the value, a view of what was written: copy what you keep. */
  write(bytes: Uint8Array): void;
  /** The value is whole. */
  end?(): void;
}

/**
 * Hands parts of a JSON text on, byte for byte, while it arrives. What nobody takes is checked and dropped.
 *
 * @throws JsonSyntaxError from `write` or `end`; what a sink throws.
 */
export class JsonSplitter {
  readonly #scanner: JsonScanner;
  /** Sinks of the values that are under way, the outermost first. */
  readonly #open: { readonly depth: number; readonly sink: JsonSink }[] = [];
  #part: Uint8Array = new Uint8Array();
  #partStart = 0;
  /** Up to where the current part has been handed on. */
  #handedOn = 0;

  /**
   * @param take called for each value down to the depth, with the value's path and first byte; gives the value's sink,
   * if the value is wanted. The path is good during the call only.
   */
  constructor(depth: number, take: (path: JsonPath, first: number) => JsonSink | undefined) {
    this.#scanner = new JsonScanner({
      depth,
      onStart: (path, at, first) => {
        const sink = take(path, first);
        if (sink === undefined) return;
        this.#handOn(at);
        this.#open.push({ depth: path.length, sink });
      },
      onEnd: (path, at) => {
        if (this.#open.at(-1)?.depth !== path.length) return;
        this.#handOn(at);
        this.#open.pop()?.sink.end?.();
      },
    });
  }

  /** Reads the next bytes. */
  write(part: Uint8Array): void {
    this.#part = part;
    this.#handedOn = this.#partStart;
    this.#scanner.write(part);
    this.#handOn(this.#partStart + part.length);
    this.#partStart += part.length;
  }

  /** Ends the text. */
  end(): void {
    this.#scanner.end();
  }

  #handOn(to: number): void {
    const bytes = this.#part.subarray(this.#handedOn - this.#partStart, to - this.#partStart);
    if (bytes.length > 0) for (const { sink } of this.#open) sink.write(bytes);
    this.#handedOn = to;
  }
}

/**
 * A sink that collects a value and parses it when it is whole.
 *
 * @param limitBytes what is larger is given as `undefined`, and not held.
 * @throws JsonSyntaxError from its `end`.
 */
export function collectValue(limitBytes: number, give: (value: unknown) => void): JsonSink {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  return {
    write: (part) => {
      bytes += part.length;
      text = bytes > limitBytes ? '' : text + decoder.decode(part, { stream: true });
    },
    end: () => give(bytes > limitBytes ? undefined : parse(text + decoder.decode())),
  };
}

/** The scanner does not check everything, and the parser's own message would show the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonSyntaxError(`a value of ${text.length} characters is not JSON`);
  }
}
