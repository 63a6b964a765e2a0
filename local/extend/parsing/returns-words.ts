import type { ParseConfig } from '../../../contract/extend/parse-api';
import { isPlainObject } from '../../../json';

/** Tells if a configuration asks for the words of the document, with their locations. */
export function returnsWords({ advancedOptions }: ParseConfig): boolean {
  const returnOcr = advancedOptions?.['returnOcr'];
  return isPlainObject(returnOcr) && returnOcr['words'] === true;
}
