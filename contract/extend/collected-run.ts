import type { ParserRun } from './parse-api';
import { decodeRun } from './decode-run';
import type { NoteField } from './lenient';
import { RunScan } from './run-scan';

/** A run that is collected in memory while it arrives, out of an answer or a stored object. */
export class CollectedRun {
  readonly #decoder = new TextDecoder();
  readonly #scan = new RunScan({
    onBytes: (bytes) => (this.#text += this.#decoder.decode(bytes, { stream: true })),
  });
  #text = '';

  /** Reads the next bytes. @throws JsonSyntaxError */
  write(part: Uint8Array): void {
    this.#scan.write(part);
  }

  /** Ends the text. @throws JsonSyntaxError */
  end(): void {
    this.#scan.end();
    this.#text += this.#decoder.decode();
  }

  /**
   * Reads the run by the rules of `decodeRun`.
   *
   * @param note takes the names of fields that are left out. @default nothing does
   * @throws ContractError if what was collected is no finished run with its output, or more than one.
   */
  decode(note?: NoteField): ParserRun {
    this.#scan.finish();
    return decodeRun(JSON.parse(this.#text), note);
  }
}
