import { WorkflowIdConflictPolicy, type WorkflowOptions } from '@temporalio/client';
import { TypedSearchAttributes, type SearchAttributePair } from '@temporalio/common';
import { defined } from '../json';
import type { StartParseOptions } from './start-options';

/** The facts about one workflow that {@link toWorkflowOptions} adds to the caller's options. */
export interface WorkflowFacts {
  readonly workflowId: string;
  readonly taskQueue: string;
  /** Memo with the hash that `startOnce` compares. */
  readonly memo: Readonly<Record<string, string>>;
  /** Search attributes of this package, for `searchAttributes: true`. */
  readonly attributes: readonly SearchAttributePair[];
  /** Name of the document, or of the batch, for Temporal's UI. @default none */
  readonly documentName?: string | undefined;
}

/** Temporal's start options of a document or a batch. The start fails if a workflow of that id is running. */
export function toWorkflowOptions(
  options: StartParseOptions,
  { workflowId, taskQueue, memo, attributes, documentName }: WorkflowFacts,
): WorkflowOptions {
  const { searchAttributes = false, workflow = {}, priority } = options;
  return {
    ...defined({ staticSummary: documentName === undefined ? undefined : `parse ${documentName}` }),
    ...workflow,
    ...defined({
      priority: priority ?? undefined,
      typedSearchAttributes: searchAttributes ? withAttributes(workflow, attributes) : undefined,
    }),
    memo: { ...workflow.memo, ...memo },
    taskQueue,
    workflowId,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
  };
}

/**
 * Adds this package's search attributes to the caller's. An attribute that the caller sets too keeps the caller's
 * value.
 */
function withAttributes(
  { typedSearchAttributes: given = [] }: NonNullable<StartParseOptions['workflow']>,
  attributes: readonly SearchAttributePair[],
): TypedSearchAttributes {
  const pairs = given instanceof TypedSearchAttributes ? given.getAll() : given;
  return new TypedSearchAttributes([...attributes]).updateCopy([...pairs]);
}
