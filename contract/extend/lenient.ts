/**
 * Readers of optional fields. A reader keeps a value of the expected type. It leaves out a value of another type and
 * notes the field. No reader throws, so that no result is lost because of such a field.
 */

import { isPlainObject } from '../../json';

/** Function that takes the name of a field that is left out. `[]` stands for any position. It never gets a value. */
export type NoteField = (field: string) => void;

/** Function that gives the value to keep, or `undefined` if the value is left out. */
export type LenientReader = (value: unknown, field: string, note: NoteField) => unknown;

/** Builds a reader that keeps values that pass a test. */
export function only(isRight: (value: unknown) => boolean): LenientReader {
  return (value) => (isRight(value) ? value : undefined);
}

/** Builds a reader of a value that the contract requires. It also notes the absence of the value. */
export function expected(read: LenientReader): LenientReader {
  return (value, field, note) => {
    const kept = value === undefined ? undefined : read(value, field, note);
    if (kept === undefined) note(field);
    return kept;
  };
}

/** Builds a reader of a value that may be absent or `null`. It keeps `null`. */
export function optional(read: LenientReader): LenientReader {
  return (value, field, note) => (value === undefined || value === null ? value : expected(read)(value, field, note));
}

/** Builds a reader of an array. It leaves out and notes wrong elements, and keeps the others. */
export function listOf(read: LenientReader): LenientReader {
  return (value, field, note) => {
    if (!Array.isArray(value)) return undefined;
    const elements = value.map((element) => expected(read)(element, `${field}[]`, note));
    return elements.filter((element) => element !== undefined);
  };
}

/** Builds a reader of an object. It reads each known member with the member's reader, and keeps unknown members. */
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

/** Gives a text that is not empty. @returns undefined for any other value */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
