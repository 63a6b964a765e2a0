import type { EmulatorState } from './emulator-state';
import { ParsingProgress } from './parsing-progress';
import type { BegunRun, RunOrder } from './run-store';
import { findScript } from './scripted-document';
import { ScriptedProgress } from './scripted-progress';

/**
 * Begins a run from the start.
 *
 * A file that is stored is parsed as it is; only a URL whose file is not stored is downloaded. So a run that an earlier
 * emulator began is parsed again even where its URL has expired.
 *
 * @throws RefusedRequest 400 for a URL that names no script, 404 for a file that never was or was deleted.
 */
export function beginRun({ fileUrl, fileId, fileName, config }: RunOrder, state: EmulatorState): BegunRun {
  const call = fileUrl === undefined ? undefined : findScript(fileUrl, state.scripts);
  if (call !== undefined) return { progress: new ScriptedProgress(call), call };
  const name = fileName === undefined ? {} : { fileName };
  if (fileUrl === undefined || state.files.has(fileId)) {
    return { progress: new ParsingProgress({ state, config, stored: state.files.get(fileId), ...name }) };
  }
  return { progress: new ParsingProgress({ state, config, download: { url: fileUrl, fileId }, ...name }) };
}
