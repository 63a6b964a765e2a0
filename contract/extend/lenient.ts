/**
 * Readers of optional fields: a value of the expected type is kept, a value of another type is left out and its field is
 * noted. Nothing here throws, so that no result is lost for such a field.
 */

import { isPlainObject } from '../../json';

/** Takes the name of a field that is left out; `[]` stands for any position. It never takes a value. */
export type NoteField = (field: string) => void;

/** Gives a value as it is kept, or `undefined` where it is left out. */
export type LenientReader = (value: unknown, field: string, note: NoteField) => unknown;

/** Keeps what passes a test. */
export function only(isRight: (value: unknown) => boolean): LenientReader {
  return (value) => (isRight(value) ? value : undefined);
}

/** A value that the contract requires: its absence is noted too. */
export function expected(read: LenientReader): LenientReader {
  return (value, field, note) => {
    const kept = value === undefined ? undefined : read(value, field, note);
    if (kept === undefined) note(field);
    return kept;
  };
}

/** A value that may be absent or `null`, and is kept so. */
export function optional(read: LenientReader): LenientReader {
  return (value, field, note) => (value === undefined || value === null ? value : expected(read)(value, field, note));
}

/** An array: elements that are left out are noted, the others stay. */
export function listOf(read: LenientReader): LenientReader {
  return (value, field, note) => {
    if (!Array.isArray(value)) return undefined;
    const elements = value.map((element) => expected(read)(element, `${field}[]`, note));
    return elements.filter((element) => element !== undefined);
  };
}

/** An object whose known members are read, each by its own reader. Unknown members are kept. */
export function record(known: Readonly<Record<string, LenientReader>>): LenientReader {
  return (value, field, note) => {
    if (!isPlainObject(value)) return undefined;
    const kept = { ...value };
    for (const [name, read] of Object.entries(known)) {
      const member = read(value[name], field === '' ? name : `${field}.${name}`, note);
      if (member === undefined) delete kept[name];
      else kept[name] = member;
    }
    return kept;
  };
}
