import { defined } from '../../json';
import type { EmulatorState } from './emulator-state';
import type { NamedScript } from './find-script';
import { ParsingProgress } from './parsing-progress';
import { reportIgnoredOptions } from './report-ignored-options';
import type { RunProgress } from './run-progress';
import type { RunOrder } from './run-store';
import { ScriptedProgress } from './scripted-progress';

/**
 * Begins a run from the start: it plays the script if there is one, and parses the file otherwise.
 *
 * A stored file is parsed as it is; a URL is downloaded only if its file is not stored. So a run that an earlier
 * emulator began is parsed again even after its URL has expired.
 *
 * @throws RefusedRequest 404 if the file never existed or was deleted.
 */
export function beginRun(order: RunOrder, script: NamedScript | undefined, state: EmulatorState): RunProgress {
  const openingStatus = order.batchId === undefined ? 'PROCESSING' : 'PENDING';
  if (script !== undefined) return new ScriptedProgress(script, { openingStatus, password: order.password });
  reportIgnoredOptions(order.config, state.reportedOptions);
  const { owner, fileUrl, fileId, fileName, config } = order;
  const input = defined({ state, owner, config, fileName, openingStatus });
  if (fileUrl === undefined || state.files.has(fileId)) {
    return new ParsingProgress({ ...input, stored: state.files.getOwned(fileId, owner) });
  }
  return new ParsingProgress({ ...input, download: { url: fileUrl, fileId } });
}
