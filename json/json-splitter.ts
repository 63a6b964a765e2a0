import { JsonScanner, JsonSyntaxError, type JsonPath, type JsonScannerOptions } from './json-scanner';

/** Receiver of the bytes of one value as they arrive. */
export interface JsonSink {
  /**
   * Takes the next bytes of the value. They are a view of the written bytes, so a sink copies the bytes that it keeps.
   */
  write(bytes: Uint8Array): void;
  /** Called when the value is complete. */
  end?(): void;
}

/**
 * Splitter that passes selected values of a JSON text to sinks, byte for byte, while the text arrives. Values without a
 * sink are checked and dropped.
 *
 * @throws JsonSyntaxError from `write` or `end`; the errors of a sink.
 */
export class JsonSplitter {
  readonly #scanner: JsonScanner;
  readonly #scannerOptions: JsonScannerOptions;
  /** Sinks of the values that have begun and not ended, the outermost first. */
  readonly #open: { readonly depth: number; readonly sink: JsonSink }[] = [];
  #part: Uint8Array = new Uint8Array();
  #partStart = 0;
  /** Offset up to which the sinks have got the bytes. */
  #handedOn = 0;

  /**
   * @param take is called for each value down to the depth, with its path and its first byte. It returns a sink if the
   * value is needed. The path is valid only during the call.
   */
  constructor(depth: number, take: (path: JsonPath, first: number) => JsonSink | undefined) {
    this.#scannerOptions = {
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
    };
    this.#scanner = new JsonScanner(this.#scannerOptions);
  }

  /** Calls `take` down to this depth for the values that begin from now on. */
  lookDownTo(depth: number): void {
    this.#scannerOptions.depth = depth;
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
 * Builds a sink that collects a value and parses it when it is complete.
 *
 * @param limitBytes limit of the value's size. A larger value is given as `undefined` and not held in memory.
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

/** Parses a value. The scanner does not check everything, and the message of `JSON.parse` would show the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonSyntaxError(`a value of ${text.length} characters is not JSON`);
  }
}
