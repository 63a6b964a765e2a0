/**
 * The thread that parses: one document per message, one outcome per answer. It runs from the built file, apart from the
 * server, so that a document that crashes a library, or never ends, takes only this thread with it.
 */
import { parentPort } from 'node:worker_threads';
import type { ParseJob } from './parse-job';
import { parseDocument } from './parsing/parse-document';

parentPort?.on('message', (job: ParseJob) => {
  // A rejection is left unhandled on purpose: it ends the thread, and the server starts a fresh one.
  void parseDocument(job).then((outcome) => parentPort?.postMessage(outcome));
});
