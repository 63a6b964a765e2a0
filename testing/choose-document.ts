import { BUILT_IN_SCRIPTS, type EmulatorOptions } from '../local/extend';

/** Name of a scripted document: a built-in one, or one of `scripts`. */
export type ScriptedDocumentName =
  | 'ok'
  | 'slow'
  | 'failing'
  | 'rate-limited'
  | 'huge'
  | 'never'
  // This form of `string` keeps the names above in an editor's suggestions.
  | (string & Record<never, never>);

/**
 * Creates a function that returns documents that play scripts. Each document gets a URL of its own, because the
 * emulator counts submits per URL.
 */
export function createDocumentChooser(scripts: NonNullable<EmulatorOptions['scripts']>) {
  const names = [...new Set([...Object.keys(BUILT_IN_SCRIPTS), ...Object.keys(scripts)])];
  let chosen = 0;
  return (script: ScriptedDocumentName): { readonly fileUrl: string } => {
    if (!names.includes(script)) {
      throw new RangeError(`no scripted document '${script}'; there are ${names.sort().join(', ')}`);
    }
    chosen += 1;
    return { fileUrl: `http://emulator.invalid/${encodeURIComponent(script)}?document=${chosen}` };
  };
}
