/**
 * `temporal-extend-parse/workflows`: the workflows, for `workflowsPath` or to re-export from your own. Deterministic:
 * nothing here reaches Node. Every function exported here can be started as a workflow, so there is nothing else in it.
 *
 * @packageDocumentation
 */
export { parseBatch } from './batch/parse-batch';
export { parseDocument } from './parse-document';
