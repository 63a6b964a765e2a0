/**
 * `temporal-extend-parse/workflows`: the workflows, for `workflowsPath` or to re-export from your own file of workflows.
 * Deterministic: the code does not reach Node. Every function that this module exports can be started as a workflow, so
 * it exports nothing else.
 *
 * @packageDocumentation
 */
export { parseBatch } from './batch/parse-batch';
export { parseGroup } from './batch/parse-group';
export { parseDocument } from './parse-document';
