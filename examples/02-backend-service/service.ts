import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { IdempotencyKeyReusedError, isParseError, ParseClient, toMarkdown } from 'temporal-extend-parse/client';

/** A response of the service: its HTTP status and its JSON body. */
interface ServiceResponse {
  readonly status: number;
  readonly body: object;
}

/**
 * An HTTP service that parses documents.
 *
 *     PUT /documents/<id>  {"fileUrl": "…"}   starts a parse: 202. A repeated request: 202, and nothing is started
 *     GET /documents/<id>                     answers with the progress, the markdown or the failure
 *     DELETE /documents/<id>                  cancels the parse, and its run at Extend: 202
 */
export function createService(client: Client, taskQueue: string): Server {
  const documents = new Documents(client, taskQueue);
  return createServer((request, response) => {
    void respond(documents, request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
}

async function respond(documents: Documents, request: IncomingMessage): Promise<ServiceResponse> {
  const id = /^\/documents\/([\w-]+)$/.exec(request.url ?? '')?.[1];
  if (id === undefined) return { status: 404, body: { message: 'PUT, GET or DELETE /documents/<id>' } };
  try {
    if (request.method === 'PUT') return await documents.start(id, (await json(request)) as { fileUrl: string });
    if (request.method === 'GET') return await documents.report(id);
    if (request.method === 'DELETE') return await documents.cancel(id);
    return { status: 405, body: { message: 'PUT, GET or DELETE' } };
  } catch (error) {
    if (error instanceof SyntaxError || isParseError(error, 'InvalidInput'))
      return { status: 400, body: { message: error.message } };
    if (error instanceof IdempotencyKeyReusedError) return { status: 409, body: { message: error.message } };
    if (error instanceof WorkflowNotFoundError) return { status: 404, body: { message: `no document ${id}` } };
    console.error(error);
    return { status: 500, body: { message: 'internal error' } };
  }
}

class Documents {
  readonly #client: Client;
  readonly #parsing: ParseClient;

  constructor(client: Client, taskQueue: string) {
    this.#client = client;
    this.#parsing = new ParseClient({ client, taskQueue });
  }

  /**
   * Starts a parse. Returns when Temporal has accepted it, not when it has ended. The document's id is the idempotency
   * key, so a repeated request finds the parse of the first one. The id is also metadata of the run: Extend repeats it in
   * its dashboard and its webhooks.
   */
  async start(id: string, { fileUrl }: { fileUrl: string }): Promise<ServiceResponse> {
    const input = { file: { fileUrl }, metadata: { documentId: id }, onCancel: 'cancelRun' } as const;
    await this.#parsing.start(input, { idempotencyKey: workflowIdOf(id) });
    return { status: 202, body: { document: `/documents/${id}` } };
  }

  /** Cancels a parse that has not ended. The workflow then cancels the run at Extend, so that it goes on no longer. */
  async cancel(id: string): Promise<ServiceResponse> {
    await this.#parsing.getHandle(workflowIdOf(id)).cancel();
    return { status: 202, body: { document: `/documents/${id}` } };
  }

  /** Reports the state of a document. It never waits for the parse. */
  async report(id: string): Promise<ServiceResponse> {
    const { status } = await this.#client.workflow.getHandle(workflowIdOf(id)).describe();
    const handle = this.#parsing.getHandle(workflowIdOf(id));
    if (status.name === 'RUNNING') {
      return { status: 200, body: { state: 'parsing', progress: await handle.progress() } };
    }
    try {
      const result = await handle.result();
      return { status: 200, body: { state: 'parsed', pageCount: result.pageCount, markdown: toMarkdown(result) } };
    } catch (error) {
      if (isParseError(error, 'Cancelled')) return { status: 200, body: { state: 'cancelled' } };
      if (!isParseError(error)) throw error;
      const { type, message, runId } = error;
      return { status: 200, body: { state: 'failed', failure: { type, message, runId } } };
    }
  }
}

const workflowIdOf = (id: string) => `document-${id}`;
