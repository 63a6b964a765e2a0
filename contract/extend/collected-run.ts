import type { ParserRun } from './parse-api';
import { decodeRun } from './decode-run';
import type { NoteField } from './lenient';
import { RunScan } from './run-scan';

/** A run that is collected in memory while it arrives, from an answer or a stored object. */
export class CollectedRun {
  readonly #decoder = new TextDecoder();
  readonly #scan = new RunScan({
    onBytes: (bytes) => (this.#text += this.#decoder.decode(bytes, { stream: true })),
  });
  #text = '';

  /** Reads the next bytes. @throws JsonSyntaxError if they are not JSON */
  write(part: Uint8Array): void {
    this.#scan.write(part);
  }

  /** Ends the text. @throws JsonSyntaxError if the text is incomplete */
  end(): void {
    this.#scan.end();
    this.#text += this.#decoder.decode();
  }

  /**
   * Decodes the run by the rules of `decodeRun`.
   *
   * @param note takes the names of fields that are left out. @default the names are ignored
   * @throws ContractError if the text is not a finished run with its output, or has more than one run.
   */
  decode(note?: NoteField): ParserRun {
    this.#scan.finish();
    return decodeRun(JSON.parse(this.#text), note);
  }
}
