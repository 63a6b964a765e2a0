/** Reading of JSON while it arrives, and small functions about plain values. Pure, and safe inside a workflow. */
export { defined } from './defined';
export type { Defined } from './defined';
export { errorMessage } from './error-message';
export { isPlainObject, kindOf } from './is-plain-object';
export { JsonSyntaxError } from './json-scanner';
export type { JsonPath } from './json-scanner';
export { JsonSplitter, collectValue } from './json-splitter';
export type { JsonSink } from './json-splitter';
export { linesOf } from './lines-of';
export type { Line } from './lines-of';
export { MAX_LEVELS, cutDeeperThan, isDeeperThan } from './nesting';
export { readJsonLines } from './read-json-lines';
