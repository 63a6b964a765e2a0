import { BUILT_IN_SCRIPTS, type EmulatorOptions } from '../local/extend';

/** A scripted document: a built-in one, or one of your own. */
export type ScriptedDocumentName =
  | 'ok'
  | 'slow'
  | 'failing'
  | 'rate-limited'
  | 'huge'
  | 'never'
  // Keeps the names above in an editor's list of suggestions.
  | (string & Record<never, never>);

/** Makes what gives documents that play scripts. Each gets a URL of its own: the emulator counts submits by URL. */
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
