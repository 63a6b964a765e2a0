import { isGrpcServiceError, type Client } from '@temporalio/client';
import { keyword, SEARCH_ATTRIBUTES } from '../contract';
import type { RunEvent } from './read-event';

/** Largest number of workflows that one event wakes in one namespace. More than one waits for a run only if it was attached. */
const MAX_WORKFLOWS = 10;
/** Matches the run ids that a query may contain: no character in them can end the text in the query. */
const SEARCHABLE_ID = /^[\w.:~-]+$/;
/**
 * gRPC's status codes of a server that never answers such a query: the attribute is not registered, the credentials
 * may not list workflows, or there is no visibility.
 */
const CANNOT_SEARCH: ReadonlySet<number> = new Set([3, 7, 12]);

/** A workflow that waits for a run, as far as is known. */
export interface WaitingWorkflow {
  readonly client: Client;
  readonly namespace: string;
  readonly workflowId: string;
}

/**
 * Finds the workflows that wait for the run of an event. The metadata of the run names the workflow, which takes no
 * request. For a run without such metadata, and for a batch run, the function searches each namespace for a running
 * workflow whose search attribute `ExtendParseRunId` is the id.
 *
 * @returns none for a run of another program or of another namespace
 * @throws Error if Temporal does not answer a search
 */
export async function findWorkflows(
  { runId, workflow }: RunEvent,
  clients: ReadonlyMap<string, Client>,
): Promise<readonly WaitingWorkflow[]> {
  if (workflow !== undefined) {
    const client = clients.get(workflow.namespace);
    const { namespace, workflowId } = workflow;
    return client === undefined || workflowId === undefined ? [] : [{ client, namespace, workflowId }];
  }
  if (runId === undefined || !SEARCHABLE_ID.test(runId)) return [];
  const found = await Promise.all([...clients].map(([namespace, client]) => search(client, namespace, runId)));
  return found.flat();
}

async function search(client: Client, namespace: string, runId: string): Promise<WaitingWorkflow[]> {
  const query = `${SEARCH_ATTRIBUTES.runId.name} = '${keyword(runId)}' AND ExecutionStatus = 'Running'`;
  try {
    const { executions } = await client.workflowService.listWorkflowExecutions({
      namespace,
      query,
      pageSize: MAX_WORKFLOWS,
    });
    const ids = executions.flatMap(({ execution }) => execution?.workflowId ?? []);
    return ids.map((workflowId) => ({ client, namespace, workflowId }));
  } catch (error) {
    if (isGrpcServiceError(error) && CANNOT_SEARCH.has(Number(error.code))) return [];
    throw error;
  }
}
