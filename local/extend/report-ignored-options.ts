import type { ParseConfig } from '../../contract/extend/parse-api';
import { ignoredOptions } from './effective-config';

/** Names the options of a run that the emulator cannot honour on standard error, each once. `reported` remembers them. */
export function reportIgnoredOptions(config: ParseConfig, reported: Set<string>): void {
  for (const path of ignoredOptions(config)) {
    if (reported.has(path)) continue;
    reported.add(path);
    process.stderr.write(`emulator: ${path} has no effect: the emulator cannot honour this option, Extend can\n`);
  }
}
