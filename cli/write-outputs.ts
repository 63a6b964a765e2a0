import { toMarkdown, type ParseResult } from '../contract';
import type { OutputDirectory } from './output-directory';

/** The paths of a result's files. */
export interface OutputPaths {
  readonly markdown: string;
  readonly json: string;
}

/** The names of the files that a result is written to. */
export function toFileNames(name: string): { readonly json: string; readonly markdown: string } {
  return { json: `${name}.json`, markdown: `${name}.md` };
}

/**
 * Writes `<name>.md` and `<name>.json` into the directory, and creates the directory if it does not exist.
 *
 * @throws Error if one of the files may not be replaced; then neither is written.
 */
export async function writeOutputs(options: {
  readonly output: OutputDirectory;
  readonly name: string;
  readonly result: ParseResult;
}): Promise<OutputPaths> {
  const { output, name, result } = options;
  const { json, markdown } = toFileNames(name);
  const problem = (await output.findProblem(json)) ?? (await output.findProblem(markdown));
  if (problem !== undefined) throw new Error(problem);
  await output.write(json, `${JSON.stringify(result, null, 2)}\n`);
  await output.write(markdown, toMarkdown(result));
  return { markdown: output.pathOf(markdown), json: output.pathOf(json) };
}
