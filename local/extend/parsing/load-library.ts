import { ParsingFailure } from './parsing-failure';

/** A library that is loaded when a document first needs it. */
export interface LibraryInput<T> {
  /** Name of the package that has to be installed. */
  readonly name: string;
  /** Format that needs the library, as in "to parse DOCX". */
  readonly format: string;
  /** Loads the library. It uses a literal `import()`, so that tools see the dependency. */
  readonly load: () => Promise<T>;
}

const NOT_FOUND = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/**
 * Loads an optional library.
 *
 * @throws ParsingFailure that names the package to install, if it is missing.
 */
export async function loadLibrary<T>({ name, format, load }: LibraryInput<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!NOT_FOUND.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new ParsingFailure(
      `INTERNAL_ERROR: install ${name} to parse ${format} locally; Extend itself parses it`,
      error,
    );
  }
}
